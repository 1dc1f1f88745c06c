"""``codegen-agent env``: allow, deny and status of a folder's .env file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.graph_agent.cli.command import Command

KEY = "AIzaSyCanaryCanaryCanaryCanaryCanary123"
NO_NAME = {"CODEGEN_AGENT_DOTENV_PATH": ""}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    command = Command(tmp_path / "work")
    text = f"CODEGEN_AGENT_MODEL=openai:x\nGOOGLE_API_KEY={KEY}\nCODEGEN_AGENT_MEMORY=1g\n"
    (command.folder / ".env").write_text(text)
    return command


def status(command: Command) -> dict[str, object]:
    done = command.here("env", "status", "--json", **NO_NAME)
    assert done.code == 0, done.err
    assert KEY not in done.out + done.err
    answer = json.loads(done.out)
    assert isinstance(answer, dict)
    return answer


def test_allow_and_deny(command: Command) -> None:
    path = str(command.folder / ".env")
    before = status(command)
    assert before["folder"] == {"path": path, "standing": "unknown"}
    assert before["ignored"] == ["CODEGEN_AGENT_MODEL", "GOOGLE_API_KEY"]
    allowed = command.here("env", "allow", "--json", **NO_NAME)
    assert json.loads(allowed.out) == {
        "allowed": path,
        "sets": ["CODEGEN_AGENT_MEMORY", "CODEGEN_AGENT_MODEL", "GOOGLE_API_KEY"],
    }
    settings = status(command)["settings"]
    assert isinstance(settings, dict)
    assert settings["CODEGEN_AGENT_MODEL"] == path
    assert settings["CODEGEN_AGENT_STATE"] == "environment"
    assert settings["CODEGEN_AGENT_RUNTIME"] == "default"
    assert command.here("env", "deny", str(command.folder)).code == 0
    denied = status(command)
    assert denied["folder"] == {"path": path, "standing": "denied"}


def test_what_is_printed(command: Command) -> None:
    done = command.here("env", "status", **NO_NAME)
    assert "CODEGEN_AGENT_MODEL: default" in done.out
    assert f"env allow {command.folder}" in done.err
    assert "CODEGEN_AGENT_MODEL" in command.here("env", "allow", **NO_NAME).out
    assert "sets nothing" in command.here("env", "deny", **NO_NAME).out
    assert "denied" in command.here("env", "status", **NO_NAME).out


def test_a_folder_without_one(command: Command) -> None:
    (command.folder / ".env").unlink()
    done = command.here("env", "allow")
    assert (done.code, ".env" in done.err) == (2, True)


def test_doctor_says_where_settings_come_from(command: Command) -> None:
    done = command.here("doctor", "--json", DOCKER_HOST="unix:///nowhere", **NO_NAME)
    checks = {check["name"]: check for check in json.loads(done.out)["checks"]}
    assert "from environment: " in checks["settings"]["found"]
    assert f"from {command.folder / '.env'}: CODEGEN_AGENT_MEMORY" in checks["settings"]["found"]
    assert "CODEGEN_AGENT_MODEL" in checks[".env file"]["found"]
    assert KEY not in done.out + done.err
