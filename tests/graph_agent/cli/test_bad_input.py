"""Bad input: told in one line that says what to do, before anything is asked or started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command, containers_made


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer([Text("never asked")]) as one:
        yield one


@pytest.fixture
def command(tmp_path: Path, server: GeminiServer) -> Command:
    one = Command(tmp_path / "work", server)
    (one.folder / "bad.py").write_text("assert (\n")
    (one.folder / "latin.py").write_bytes(b"# \xe9\n")
    (one.folder / "empty.csv").touch()
    (one.folder / "values.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    return one


RUNS = [
    ([""], "the request is empty"),
    ([" \n "], "the request is empty"),
    (["x" * 20_001], "pass long text as a variable"),
    (["x", "--max-attempts", "0"], "--max-attempts"),
    (["x", "--max-attempts", "many"], "--max-attempts"),
    (["x", "--privacy", "all"], "'schema', 'stats'"),
    (["x", "--nope"], "--nope"),
    (["x", "--check", "none.py"], "'none.py'"),
    (["x", "--check", "."], "give the path of a Python file"),
    (["x", "--check", "latin.py"], "not UTF-8"),
    (["x", "--check", "bad.py"], "(line 1); write assertions"),
    (["x", "--var", "tips.csv"], "write it like 'tips=tips.csv'"),
    (["x", "--var", "1st=tips.csv"], "not a Python identifier; rename it"),
    (["x", "--var", "class=tips.csv"], "keyword; rename it"),
    (["x", "--var", "t=none.csv"], "does not exist; check the path"),
    (["x", "--var", "t=empty.csv"], "is empty"),
    (["x", "--var", "t=values.pkl"], "--trust-pickle"),
    (["x", "--var", "t=tips.csv", "--var", "t=tips.csv"], "twice"),
    (["x", "--return", "a b"], "'a b'"),
    (["x", "--out", "tips.csv"], "name another with --out"),
    (["x", "--out", "tips.csv/below"], "name another with --out"),
    (["x", "--model", "gemeni-2.5-pro"], "did you mean 'gemini-2.5-pro'?"),
    (["x", "--model", "nobody:model"], "Supported providers"),
]


@pytest.mark.parametrize(("args", "says"), RUNS, ids=lambda one: str(one)[-30:])
def test_run_is_refused(command: Command, server: GeminiServer, args: list[str], says: str) -> None:
    done = command("run", *args)
    assert done.code == 2
    assert done.out == ""
    (line,) = done.error_lines
    assert line.startswith("codegen-agent: ")
    assert says in line
    assert server.requests == []
    assert containers_made(done.pid) == 0
    assert not (command.folder / "ran").exists()
    assert not (command.folder.parent / "state" / "checkpoints.sqlite").exists()


@pytest.mark.parametrize(
    "args",
    [
        ["run", "x", "--max-attempts", "0"],
        ["run", "x", "--var", "t=none.csv"],
        ["run", "x", "--model", "gpt"],
        ["run"],
        ["exec", "none.py"],
        ["show", "none"],
        ["resume", "none"],
        ["model", "fetch", "none"],
    ],
    ids=" ".join,
)
def test_an_error_is_one_object_too(command: Command, args: list[str]) -> None:
    done = command(*args, "--json")
    assert done.code == 2
    assert done.json["success"] is False
    assert done.json["exit_code"] == 2
    assert done.json["error"]["message"] in done.err
    assert done.out.count("\n") == 1


@pytest.mark.parametrize("args", [["show", "none"], ["resume", "none"], ["resume", ""]])
def test_no_such_run(command: Command, args: list[str]) -> None:
    done = command(*args)
    assert (done.code, done.out) == (2, "")
    (line,) = done.error_lines
    assert f"there is no run {args[1]!r}" in line
    assert "`codegen-agent threads` lists them" in line


def test_no_command_shows_what_there_is(command: Command) -> None:
    done = command()
    assert done.code == 2
    for name in ("run", "resume", "threads", "show", "exec", "doctor"):
        assert name in done.out + done.err


def test_a_setting_that_makes_no_sense(command: Command, server: GeminiServer) -> None:
    done = command("run", "x", CODEGEN_AGENT_MAX_ATTEMPTS="0")
    assert done.code == 2
    (line,) = done.error_lines
    assert "CODEGEN_AGENT_MAX_ATTEMPTS is '0'" in line
    assert server.requests == []
