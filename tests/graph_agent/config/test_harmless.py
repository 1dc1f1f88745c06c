"""What a folder that nobody has allowed may set."""

from __future__ import annotations

import pytest

from graph_agent.config.harmless import TIGHTER, is_harmless
from graph_agent.config.settings import VARIABLES


def test_every_name_is_a_setting() -> None:
    assert set(TIGHTER) <= {name for names in VARIABLES.values() for name in names}


@pytest.mark.parametrize(
    ("variable", "text", "otherwise", "harmless"),
    [
        ("CODEGEN_AGENT_MAX_ATTEMPTS", "3", "3", True),
        ("CODEGEN_AGENT_MAX_ATTEMPTS", "4", "3", False),
        ("CODEGEN_AGENT_TIMEOUT_S", "59.5", "60.0", True),
        ("CODEGEN_AGENT_TIMEOUT_S", "inf", "60.0", False),
        ("CODEGEN_AGENT_TIMEOUT_S", "nan", "60.0", False),
        ("CODEGEN_AGENT_MEMORY", "2048M", "2g", True),
        ("CODEGEN_AGENT_MEMORY", "2049m", "2g", False),
        ("CODEGEN_AGENT_MEMORY", "2147483649", "2g", False),
        ("CODEGEN_AGENT_APPROVE", "always", "risky", True),
        ("CODEGEN_AGENT_APPROVE", "never", "risky", False),
        ("CODEGEN_AGENT_LOG_LEVEL", "debug", "INFO", True),
        ("CODEGEN_AGENT_LOG_LEVEL", "ERROR", "INFO", False),
        ("CODEGEN_AGENT_MODEL", "gemini-2.5-flash", "gemini-2.5-flash", False),
        ("CODEGEN_AGENT_A_LATER_ONE", "1", "1", False),
        ("CODEGEN_AGENT_MEMORY", "lots", "2g", True),  # refused by name when it is read
        ("CODEGEN_AGENT_MEMORY", "1g", "lots", False),
    ],
)
def test_only_what_is_tighter(variable: str, text: str, otherwise: str, harmless: bool) -> None:
    assert is_harmless(variable, text, otherwise) is harmless
