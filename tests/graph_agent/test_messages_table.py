"""What the command says when something is wrong, as a stranger needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph_agent.cli.command import KEY
from tests.graph_agent.messages_table import CASES, rows

KEY_NAME = "GEMINI_API_KEY_FOR_CODEGEN_AGENT from the environment"
TOLD: dict[str, tuple[int, tuple[str, ...]]] = {
    "an unknown command": (2, ("'rum'", "'run'")),
    "an unknown option": (2, ("--modell", "--model")),
    "a file that isn't there": (2, ("'tips.csv'",)),
    "an address": (2, ("download the file",)),
    "binary data": (2, ("binary data, not text",)),
    "checks that check nothing": (2, ("checks nothing", "assert")),
    "a file as folder": (2, ("is a file, not a folder", "--out")),
    "no whole number": (2, ("'--max-attempts': it is no whole number",)),
    "a number that is too small": (2, ("it must be greater than or equal to 1",)),
    "none of the choices": (2, ("'--privacy': 'none' is not one of 'schema'",)),
    "a sheet without a workbook": (2, ("'one'", ".xlsx")),
    "an unknown model": (3, ("gemini-2.5-por", "did you mean 'gemini-2.5-pro'")),
    "an unknown provider": (2, ("openai:gpt-5",)),
    "no key": (3, ("GEMINI_API_KEY_FOR_CODEGEN_AGENT", "'local'")),
    "an invalid key": (3, ("doesn't accept the key", "API key not valid", KEY_NAME, "resume")),
    "a key without rights": (3, ("doesn't accept the key", KEY_NAME)),
    "offline": (3, ("can't be reached", "Connection refused", "'local'", "resume")),
    "no name server": (3, ("can't be reached", "network")),
    "a proxy's page": (3, ("is no answer", "proxy")),
    "too many requests": (3, ("429", "Resource has been exhausted", "try again later")),
    "no engine": (3, ("no container engine", "start")),
    "an exception": (1, ("line 2", "ZeroDivisionError", "the program raised an exception")),
    "a missing package": (1, ("'emoji'", "--allow-package emoji")),
    "a misspelled module": (1, ("did you mean 'pandas'",)),
    "a time limit": (1, ("still running after 1 s", "--timeout")),
    "out of memory": (1, ("128 MiB", "--memory")),
}


@pytest.mark.parametrize("case", TOLD)
def test_it_says_what_is_wrong_and_what_to_do(case: str, tmp_path: Path) -> None:
    code, words = TOLD[case]
    done = CASES[case](tmp_path / "work")
    said = f"{done.out}{done.err}"
    assert done.code == code, said
    for word in words:
        assert word in said
    assert "{'" not in said, "a provider's raw JSON"
    assert "Input should" not in said, "the words of a check of types"
    assert KEY not in said
    assert not [line for line in said.splitlines() if line.strip() == "codegen-agent: error"]


def test_doctor_says_once_what_it_did_not_check(tmp_path: Path) -> None:
    done = CASES["doctor without an engine"](tmp_path / "work")
    assert done.code == 3
    assert done.out.count("not checked") == 1


def test_the_table_prints_chosen_rows() -> None:
    assert [name for name, _ in rows(["unknown run"])] == ["an unknown run"]
