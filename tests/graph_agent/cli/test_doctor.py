"""Something is missing: exit code 3 and a fix, without a model call or a spent attempt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.cli.command import KEY, Command
from tests.scripted_model import fenced, verdict

DEAD = "unix:///nowhere/docker.sock"


@pytest.mark.parametrize("args", [["run", "x"], ["exec", "code.py"]], ids=lambda args: str(args[0]))
def test_no_engine(tmp_path: Path, args: list[str]) -> None:
    with GeminiServer([Text("never asked")]) as server:
        command = Command(tmp_path / "work", server)
        (command.folder / "code.py").write_text("print(1)")
        done = command.here(*args, DOCKER_HOST=DEAD)
        as_json = command.here(*args, "--json", DOCKER_HOST=DEAD)
    assert (done.code, done.out) == (3, "")
    (line,) = done.error_lines
    assert DEAD in line
    assert "start it" in line or "install" in line
    assert as_json.json["error"]["type"] == "EngineUnreachableError"
    assert (as_json.code, as_json.json["exit_code"]) == (3, 3)
    assert server.requests == []


def test_no_key_for_a_gemini_model(command: Command) -> None:
    done = command.here("run", "x", "--model", "gemini-2.5-pro")
    assert (done.code, done.out) == (3, "")
    (line,) = done.error_lines
    assert "GEMINI_API_KEY_FOR_CODEGEN_AGENT" in line
    assert not (command.folder.parent / "state" / "checkpoints.sqlite").exists()


def test_a_runtime_the_engine_does_not_know(command: Command) -> None:
    (command.folder / "code.py").write_text("print(1)")
    done = command.here("exec", "code.py", CODEGEN_AGENT_RUNTIME="no-such-runtime")
    assert (done.code, done.out) == (3, "")
    assert "no-such-runtime" in done.err


def test_a_rejected_key_is_not_shown_and_the_run_can_be_resumed(tmp_path: Path) -> None:
    with GeminiServer([Failure(400, f"API key {KEY} is not valid")]) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("run", "Add up", "--json")
        assert len(server.requests) == 1
    assert done.code == 3
    assert KEY not in done.out + done.err
    message, hint = done.error_lines
    assert "correct it there" in message
    assert done.json["error"]["notes"] == [hint]
    thread = hint.rpartition("codegen-agent resume ")[2]
    with GeminiServer([Text(fenced("x = 1")), Text(verdict(True))]) as server:
        command.server = server
        assert command.here("resume", thread).code == 0


def test_doctor_has_a_fix_for_each_failure(command: Command) -> None:
    done = command.here("doctor", "--json", DOCKER_HOST=DEAD)
    assert done.code == 3
    checks = {check["name"]: check for check in done.json["checks"]}
    assert done.json["ok"] is False
    assert checks["python"]["ok"] is True
    assert "start Docker" in checks["engine"]["fix"]
    assert all(check["ok"] or check["fix"] for check in checks.values())
    assert KEY not in done.out


def test_doctor_shows_what_is_kept_of_the_local_models_prompt(
    command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "cache" / "prompt-states"
    folder.mkdir(parents=True)
    (folder / "key-digest.state").write_bytes(bytes(2_000_000))
    environ = {"CODEGEN_AGENT_CACHE": str(tmp_path / "cache"), "DOCKER_HOST": DEAD}
    checks = {c["name"]: c for c in command.here("doctor", "--json", **environ).json["checks"]}
    assert checks["prompt states"]["found"] == f"1, 2.0 MB in {folder}"


def test_doctor_shows_the_size_of_the_state(command: Command) -> None:
    values = command.folder.parent / "state" / "variables" / "blobs" / "aa"
    values.mkdir(parents=True)
    (values / "blob").write_bytes(bytes(3_000_000))
    done = command.here("doctor", "--json", DOCKER_HOST=DEAD).json
    assert done["state_bytes"]["values"] == 3_000_000
    (check,) = [check for check in done["checks"] if check["name"] == "state size"]
    assert "values 3.0 MB" in check["found"]


def test_doctor_proves_the_hardening(tmp_path: Path) -> None:
    with GeminiServer([Text("never asked")]) as server:
        done = Command(tmp_path / "work", server).here("doctor", "--json")
        assert server.requests == []
    assert done.code == 0, done.out
    checks = {check["name"]: check for check in done.json["checks"]}
    assert "no network" in checks["hardening"]["found"]
    assert checks["variables"]["found"] in (
        "mapped from a folder that the engine sees",
        "copied through the engine's API: it does not see this machine's files",
    )
    assert checks["key"]["ok"] is True
    assert KEY not in done.out + done.err


def test_doctor_cuts_nothing_off_on_a_narrow_terminal(command: Command) -> None:
    done = command.here("doctor", COLUMNS="50", DOCKER_HOST=DEAD)
    assert done.code == 3
    cells = "".join(line.strip("│| ").rpartition("│")[2].strip() for line in done.out.splitlines())
    assert "GEMINI_API_KEY_FOR_CODEGEN_AGENT" in cells


@pytest.mark.docker
def test_doctor_says_a_message_once(command: Command) -> None:
    done = command.here("doctor", "--json", CODEGEN_AGENT_BASE_IMAGE="no-such-base:1")
    assert done.code == 3
    failed = {check["name"]: check for check in done.json["checks"] if not check["ok"]}
    dependent = ["versions", "hardening", "variables"]
    assert list(failed)[:4] == ["runner image", *dependent]
    assert done.out.count("is not on the engine") == 1
    assert "sandbox build" in failed["runner image"]["fix"]
    for name in dependent:
        assert failed[name]["found"] == "not checked"
        assert "runner image" in failed[name]["fix"]
    dead = command.here("doctor", "--json", DOCKER_HOST=DEAD)
    assert dead.out.count(DEAD) == 1
