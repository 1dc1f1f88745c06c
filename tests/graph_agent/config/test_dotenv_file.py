"""The .env file: where it is searched for, and what a bad name says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from graph_agent.config.allowed_folders import AllowedFolders
from graph_agent.config.dotenv_file import dotenv_candidates, dotenv_files, read_dotenv
from graph_agent.errors import SettingsError


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A working folder and a home, both empty."""
    cwd, home = tmp_path / "cwd", tmp_path / "home"
    cwd.mkdir()
    home.mkdir()
    return cwd, home


def found(places: tuple[Path, Path], environ: dict[str, str] | None = None) -> Path | None:
    allowed = AllowedFolders(places[1])
    allowed.allow(places[0] / ".env", hashlib.sha256(b"").hexdigest())
    files = dotenv_files(environ or {}, cwd=places[0], home=places[1], allowed=allowed)
    return next((file.path for file in files), None)


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_documented_order(places: tuple[Path, Path]) -> None:
    cwd, home = places
    local = cwd / "local"
    environ = {"LOCALAPPDATA": str(local)}
    candidates = (
        cwd / ".env",
        Path("/secrets/codegen_agent/.env"),
        home / ".config" / "codegen-agent" / ".env",
        local / "codegen_agent" / "codegen_agent" / ".env",
    )
    assert dotenv_candidates(environ, cwd=cwd, home=home) == candidates
    assert dotenv_candidates({}, cwd=cwd, home=None) == candidates[:2]
    assert found(places, environ) is None
    # Created last place first, so that each in turn takes over.
    for candidate in (candidates[3], candidates[2], candidates[0]):
        touch(candidate)
        assert found(places, environ) == candidate
    named = touch(cwd / "named.env")
    assert found(places, environ | {"CODEGEN_AGENT_DOTENV_PATH": "named.env"}) == named


def test_a_named_one_may_be_in_the_home_folder(places: tuple[Path, Path]) -> None:
    named = touch(places[1] / "named.env")
    assert found(places, {"CODEGEN_AGENT_DOTENV_PATH": "~/named.env"}) == named


def test_a_folder_named_dotenv_is_skipped(places: tuple[Path, Path]) -> None:
    (places[0] / ".env").mkdir()
    config = touch(places[1] / ".config/codegen-agent/.env")
    assert found(places) == config


@pytest.mark.parametrize("target", ["missing.env", "folder"])
def test_a_named_one_must_be_a_file(places: tuple[Path, Path], target: str) -> None:
    (places[0] / "folder").mkdir()
    with pytest.raises(SettingsError, match=r"CODEGEN_AGENT_DOTENV_PATH names .*" + target):
        found(places, {"CODEGEN_AGENT_DOTENV_PATH": target})


def test_one_that_is_not_allowed_does_not_hide_the_users_own(places: tuple[Path, Path]) -> None:
    theirs = touch(places[0] / ".env")
    mine = touch(places[1] / ".config" / "codegen-agent" / ".env")
    allowed = AllowedFolders(places[1] / "state")
    files = list(dotenv_files({}, cwd=places[0], home=places[1], allowed=allowed))
    assert [(file.path, file.standing) for file in files] == [
        (theirs, "unknown"),
        (mine, "allowed"),
    ]
    # In the user's own folder it is the user's own file.
    (file,) = dotenv_files({}, cwd=mine.parent, home=places[1], allowed=allowed)
    assert file.standing == "allowed"


def test_what_is_allowed_is_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A = 1 \nB=\n")
    allowed = AllowedFolders(tmp_path / "state")
    file = read_dotenv(path, allowed)
    assert (file.standing, file.entries) == ("unknown", {"A": "1"})
    assert file.digest == hashlib.sha256(path.read_bytes()).hexdigest()
