"""What the machine lacks: exit code 3 and what to do, with nothing asked and no attempt spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.cli.command import KEY, Command
from tests.scripted_model import fenced, verdict

DEAD = "unix:///nowhere/docker.sock"


@pytest.mark.parametrize("args", [["run", "x"], ["exec", "code.py"]], ids=lambda one: str(one[0]))
def test_no_engine(tmp_path: Path, args: list[str]) -> None:
    with GeminiServer([Text("never asked")]) as server:
        command = Command(tmp_path / "work", server)
        (command.folder / "code.py").write_text("print(1)")
        done = command(*args, DOCKER_HOST=DEAD)
        asked = command(*args, "--json", DOCKER_HOST=DEAD)
    assert (done.code, done.out) == (3, "")
    (line,) = done.error_lines
    assert DEAD in line
    assert "start it" in line or "install" in line
    assert asked.json["error"]["type"] == "EngineUnreachableError"
    assert (asked.code, asked.json["exit_code"]) == (3, 3)
    assert server.requests == []


def test_no_key_for_a_gemini_model(command: Command) -> None:
    done = command("run", "x", "--model", "gemini-2.5-pro")
    assert (done.code, done.out) == (3, "")
    (line,) = done.error_lines
    assert "set GEMINI_API_KEY_FOR_CODEGEN_AGENT" in line
    assert not (command.folder.parent / "state" / "checkpoints.sqlite").exists()


def test_a_runtime_the_engine_does_not_know(command: Command) -> None:
    (command.folder / "code.py").write_text("print(1)")
    done = command("exec", "code.py", CODEGEN_AGENT_RUNTIME="no-such-runtime")
    assert (done.code, done.out) == (3, "")
    assert "no-such-runtime" in done.err


def test_a_rejected_key_is_told_without_it_and_the_run_goes_on_later(tmp_path: Path) -> None:
    with GeminiServer([Failure(400, f"API key {KEY} is not valid")]) as server:
        command = Command(tmp_path / "work", server)
        done = command("run", "Add up", "--json")
        assert len(server.requests) == 1
    assert done.code == 3
    assert KEY not in done.out + done.err
    message, hint = done.error_lines
    assert "check the key" in message
    assert done.json["error"]["notes"] == [hint]
    thread = hint.rpartition("codegen-agent resume ")[2]
    with GeminiServer([Text(fenced("x = 1")), Text(verdict(True))]) as server:
        command.server = server
        assert command("resume", thread).code == 0


def test_doctor_names_each_mend(command: Command) -> None:
    done = command("doctor", "--json", DOCKER_HOST=DEAD)
    assert done.code == 3
    checks = {one["name"]: one for one in done.json["checks"]}
    assert done.json["ok"] is False
    assert checks["python"]["ok"] is True
    assert "start Docker" in checks["engine"]["mend"]
    assert all(one["ok"] or one["mend"] for one in checks.values())
    assert KEY not in done.out


def test_doctor_proves_the_hardening(tmp_path: Path) -> None:
    with GeminiServer([Text("never asked")]) as server:
        done = Command(tmp_path / "work", server)("doctor", "--json")
        assert server.requests == []
    assert done.code == 0, done.out
    checks = {one["name"]: one for one in done.json["checks"]}
    assert "no network" in checks["hardening"]["found"]
    assert checks["variables"]["found"] in (
        "mapped from a folder that the engine sees",
        "copied through the engine's API: it does not see this machine's files",
    )
    assert checks["key"]["ok"] is True
    assert KEY not in done.out + done.err


def test_doctor_on_a_narrow_terminal_cuts_nothing_off(command: Command) -> None:
    done = command("doctor", COLUMNS="50", DOCKER_HOST=DEAD)
    assert done.code == 3
    cells = "".join(line.strip("│| ").rpartition("│")[2].strip() for line in done.out.splitlines())
    assert "GEMINI_API_KEY_FOR_CODEGEN_AGENT" in cells
