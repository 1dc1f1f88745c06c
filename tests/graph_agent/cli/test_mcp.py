"""``codegen-agent mcp``: what it refuses before it serves; its tools are tested beside theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.cli.mcp import serve
from graph_agent.config.settings import load_settings
from graph_agent.errors import RequestError


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is not a folder"):
        serve([tmp_path / "gone"], None, None, None, load_settings())


def test_a_token_that_is_too_short() -> None:
    with pytest.raises(RequestError, match="16"):
        serve([], None, 8765, "short", load_settings())
