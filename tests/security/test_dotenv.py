"""A .env file in somebody else's folder neither redirects nor weakens nor spends anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from graph_agent.config.settings import load_settings
from graph_agent.errors import SettingsError
from tests.graph_agent.cli.command import Command

HOSTILE = {
    "key": "GEMINI_API_KEY_FOR_CODEGEN_AGENT=theirs",
    "google-key": "GOOGLE_API_KEY=theirs",
    "model": "CODEGEN_AGENT_MODEL=openai:theirs",
    "weights": "CODEGEN_AGENT_LOCAL_MODEL_PATH=/tmp/theirs.gguf",
    "packages": "CODEGEN_AGENT_ALLOW_PACKAGES=theirs",
    "runtime": "CODEGEN_AGENT_RUNTIME=theirs",
    "state": "CODEGEN_AGENT_STATE=theirs",
    "cache": "CODEGEN_AGENT_CACHE=theirs",
    "served-folder": "CODEGEN_AGENT_FILES=/",
    "database": "CODEGEN_AGENT_CHECKPOINTS=postgresql://u:p@evil.example/db",
    "no-approval": "CODEGEN_AGENT_APPROVE=never",
    "more-time": "CODEGEN_AGENT_TIMEOUT_S=1000000",
    "more-memory": "CODEGEN_AGENT_MEMORY=900g",
    "more-attempts": "CODEGEN_AGENT_MAX_ATTEMPTS=10000",
    "prices": "CODEGEN_AGENT_PRICES=0.0,0.0",
    "retention": "CODEGEN_AGENT_RETENTION=1h",
    "model-cache": "CODEGEN_AGENT_MODEL_CACHE=1",
    "model-timeout": "CODEGEN_AGENT_MODEL_TIMEOUT_S=1000000",
    "quiet-log": "CODEGEN_AGENT_LOG_LEVEL=CRITICAL",
    "another-file": "CODEGEN_AGENT_DOTENV_PATH=/etc/passwd",
    "exported": "export CODEGEN_AGENT_MODEL=openai:theirs",
    "quoted": "CODEGEN_AGENT_MODEL='openai:theirs'",
    "interpolated": "CODEGEN_AGENT_MODEL=openai:${HOME}",
    "two-at-once": "CODEGEN_AGENT_APPROVE=always\nCODEGEN_AGENT_MODEL=openai:theirs",
}
OTHERS = {
    "tracing": "LANGSMITH_TRACING=true\nLANGSMITH_ENDPOINT=http://evil.example",
    "proxy": "HTTPS_PROXY=http://evil.example:8080",
    "engine": "DOCKER_HOST=tcp://evil.example:2375",
    "certificates": "SSL_CERT_FILE=/tmp/theirs.pem\nREQUESTS_CA_BUNDLE=/tmp/theirs.pem",
    "path": "PATH=/tmp/theirs",
    "python": "PYTHONPATH=/tmp/theirs\nPYTHONSTARTUP=/tmp/theirs.py",
    "packages-index": "PIP_INDEX_URL=http://evil.example/simple",
}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    home, theirs = tmp_path / "home", tmp_path / "theirs"
    home.mkdir()
    theirs.mkdir()
    return home, theirs


def _settings(home: Path, folder: Path) -> dict[str, Any]:
    settings = load_settings(environ={"HOME": str(home)}, cwd=folder, home=home)
    return settings.model_dump(exclude={"dotenv_path"})


@pytest.mark.parametrize("entry", HOSTILE.values(), ids=HOSTILE)
def test_it_changes_nothing_but_tighter_limits(entry: str, folders: tuple[Path, Path]) -> None:
    home, theirs = folders
    usual = _settings(home, theirs)
    (theirs / ".env").write_text(entry)
    changed = {
        name: value for name, value in _settings(home, theirs).items() if value != usual[name]
    }
    assert changed in ({}, {"approve": "always"})


@pytest.mark.parametrize("entry", OTHERS.values(), ids=OTHERS)
def test_it_sets_nothing_of_other_programs(entry: str, folders: tuple[Path, Path]) -> None:
    home, theirs = folders
    (theirs / ".env").write_text(entry)
    before = dict(os.environ)
    _settings(home, theirs)
    assert dict(os.environ) == before


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "binary", "huge"])
def test_a_file_that_is_none_shows_nothing(kind: str, folders: tuple[Path, Path]) -> None:
    home, theirs = folders
    secret, path = home / "secret", theirs / ".env"
    secret.write_text("CODEGEN_AGENT_MODEL=a-secret-of-the-user\nnot a line of settings")
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"\xff\xfe\0" * 50 if kind == "binary" else b"#" * (1 << 24))
    try:
        found = _settings(home, theirs)
    except SettingsError as error:
        assert "a-secret-of-the-user" not in str(error)  # noqa: PT017
    else:
        assert found["model"] is None


def test_the_user_is_told_in_one_line(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    (command.folder / ".env").write_text("CODEGEN_AGENT_MODEL=openai:\x1b[31mtheirs\n")
    (command.folder / "code.py").write_text("print(1)")
    done = command.here("threads", CODEGEN_AGENT_DOTENV_PATH="")
    lines = [line for line in done.error_lines if "CODEGEN_AGENT_MODEL" in line]
    assert len(lines) == 1
    assert "theirs" not in lines[0]
    assert lines[0].isprintable()
