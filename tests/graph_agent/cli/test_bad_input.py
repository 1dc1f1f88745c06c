"""Bad input is reported in one line that says what to do, before any model call or container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command, containers_made

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
"""With this, a command that touches the engine exits with 3 instead of 2."""


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer([Text("never asked")]) as server:
        yield server


@pytest.fixture
def command(tmp_path: Path, server: GeminiServer) -> Command:
    command = Command(tmp_path / "work", server)
    (command.folder / "bad.py").write_text("assert (\n")
    (command.folder / "latin.py").write_bytes(b"# \xe9\n")
    (command.folder / "empty.csv").touch()
    (command.folder / "values.pkl").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    return command


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
    (["x", "--check", "bad.py"], "(line 1); use assertions"),
    (["x", "--var", "tips.csv"], "'tips=tips.csv'"),
    (["x", "--var", "1st=tips.csv"], "identifier"),
    (["x", "--var", "class=tips.csv"], "keyword"),
    (["x", "--var", "t=none.csv"], "does not exist"),
    (["x", "--var", "t=empty.csv"], "empty"),
    (["x", "--var", "t=values.pkl"], "--trust-pickle"),
    (["x", "--var", "t=tips.csv", "--var", "t=tips.csv"], "twice"),
    (["x", "--return", "a b"], "'a b'"),
    (["x", "--out", "tips.csv"], "--out"),
    (["x", "--out", "tips.csv/below"], "--out"),
    (["x", "--model", "gemeni-2.5-pro"], "'gemini-2.5-pro'"),
    (["x", "--model", "nobody:model"], "Supported providers"),
    (["x", "--max-time", "0"], "'time_s'"),
    (["x", "--max-time", "nan"], "'time_s'"),
    (["x", "--max-cost", "1"], "CODEGEN_AGENT_PRICES"),
    (["x", "--max-tokens", "0"], "--max-tokens"),
    (["x", "--max-calls", "many"], "--max-calls"),
    (["x", "--skip-rule", "all"], "missing_return"),
    (["x", "--approve", "--approve-risky"], "--approve-risky"),
    (["x", "--var", "t=tips.csv", "--sep", "::"], "'::'"),
    (["x", "--var", "t=tips.csv", "--decimal", ";"], "','"),
    (["x", "--var", "t=tips.csv", "--encoding", "utf-9"], "'cp1252'"),
]


@pytest.mark.parametrize(("args", "says"), RUNS, ids=lambda value: str(value)[-30:])
def test_run_is_refused(command: Command, server: GeminiServer, args: list[str], says: str) -> None:
    done = command.here("run", *args, **NO_ENGINE)
    assert (done.code, done.out) == (2, "")
    (line,) = done.error_lines
    assert line.startswith("codegen-agent: ")
    assert says in line
    assert server.requests == []
    assert not (command.folder / "ran").exists()
    assert not (command.folder.parent / "state" / "checkpoints.sqlite").exists()


def test_a_process_of_its_own_makes_no_container(command: Command, server: GeminiServer) -> None:
    done = command("run", "x", "--var", "t=values.pkl", "--model", "gemeni-2.5-pro")
    assert (done.code, done.out) == (2, "")
    assert len(done.error_lines) == 1
    assert server.requests == []
    assert containers_made(done.pid) == 0


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
def test_json_prints_one_object_for_an_error(command: Command, args: list[str]) -> None:
    done = command.here(*args, "--json", **NO_ENGINE)
    assert done.code == 2
    assert done.json["success"] is False
    assert done.json["exit_code"] == 2
    assert done.json["error"]["message"] in done.err
    assert done.out.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["show", "none"], "`codegen-agent threads`"),
        (["resume", "none"], "`codegen-agent threads`"),
        (["resume", ""], "can't name a run"),
    ],
)
def test_unknown_run(command: Command, args: list[str], says: str) -> None:
    done = command.here(*args)
    assert (done.code, done.out) == (2, "")
    (line,) = done.error_lines
    assert repr(args[1]) in line
    assert says in line


def test_unusable_setting(command: Command, server: GeminiServer) -> None:
    done = command.here("run", "x", CODEGEN_AGENT_MAX_ATTEMPTS="0")
    assert done.code == 2
    (line,) = done.error_lines
    assert "CODEGEN_AGENT_MAX_ATTEMPTS" in line
    assert "'0'" in line
    assert server.requests == []
