"""Variables of the environment and of files, merged by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.config.allowed_folders import Standing
from graph_agent.config.dotenv_file import DotenvFile
from graph_agent.config.sources import Sources, merge

NAMES = ("CODEGEN_AGENT_MODEL", "CODEGEN_AGENT_MEMORY")


def merged(entries: dict[str, str], standing: Standing, path: str = "/work/.env") -> Sources:
    mine = DotenvFile(Path("/home/.env"), "m", {"CODEGEN_AGENT_MODEL": "mine"})
    theirs = DotenvFile(Path(path), "t", entries, standing)
    return merge({}, [theirs, mine], NAMES, {"CODEGEN_AGENT_MEMORY": "2g"})


@pytest.mark.parametrize(
    ("standing", "memory", "reason"),
    [("unknown", "1g", "not allowed"), ("changed", "1g", "changed"), ("denied", None, None)],
)
def test_a_file_that_is_not_allowed(
    standing: Standing, memory: str | None, reason: str | None
) -> None:
    entries = {"CODEGEN_AGENT_MODEL": "x", "CODEGEN_AGENT_MEMORY": "1g", "HTTPS_PROXY": "y"}
    found = merged(entries, standing)
    assert found.variables.get("CODEGEN_AGENT_MEMORY") == memory
    assert found.variables["CODEGEN_AGENT_MODEL"] == "mine"
    assert "HTTPS_PROXY" not in found.variables
    assert found.dotenv_path == Path("/home/.env")
    line = found.ignored_line()
    assert (reason in line and "env allow /work" in line) if reason else line == ""


def test_a_folders_name_is_shown_as_text() -> None:
    line = merged({"CODEGEN_AGENT_MODEL": "x"}, "unknown", "/w\x1b[2J\n `x`/.env").ignored_line()
    assert "\x1b" not in line
    assert "\n" not in line


def test_nothing_ignored_is_nothing_said(capfd: pytest.CaptureFixture[str]) -> None:
    merged({"CODEGEN_AGENT_MEMORY": "1g"}, "unknown").say_ignored()
    assert capfd.readouterr().err == ""


def test_it_is_said_once(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for _ in range(2):
        merged({"CODEGEN_AGENT_MODEL": "x"}, "unknown", f"{tmp_path}/.env").say_ignored()
    assert capfd.readouterr().err.count("CODEGEN_AGENT_MODEL") == 1
