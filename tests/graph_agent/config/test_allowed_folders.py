"""The list of allowed folders: private, by path and content."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from graph_agent.config.allowed_folders import FILE_NAME, AllowedFolders
from graph_agent.errors import SettingsError

posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")


@pytest.fixture
def allowed(tmp_path: Path) -> AllowedFolders:
    return AllowedFolders(tmp_path / "state")


def test_allow_change_and_deny(allowed: AllowedFolders, tmp_path: Path) -> None:
    path = tmp_path / "work" / ".env"
    assert allowed.standing(path, "a") == "unknown"
    allowed.allow(path, "a")
    assert [allowed.standing(path, digest) for digest in "ab"] == ["allowed", "changed"]
    assert allowed.standing(tmp_path / "other" / ".env", "a") == "unknown"
    allowed.deny(path)
    assert [allowed.standing(path, digest) for digest in "ab"] == ["denied", "denied"]
    allowed.allow(path, "b")
    assert allowed.standing(path, "b") == "allowed"


def test_a_link_to_a_folder_is_the_folder(allowed: AllowedFolders, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to("work")
    allowed.allow(tmp_path / "link" / ".env", "a")
    assert allowed.standing(tmp_path / "work" / ".env", "a") == "allowed"


@posix
def test_only_the_user_reads_it_and_could_have_written_it(
    allowed: AllowedFolders, tmp_path: Path
) -> None:
    path = tmp_path / ".env"
    allowed.allow(path, "a")
    file = tmp_path / "state" / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o622)
    assert allowed.standing(path, "a") == "unknown"
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
        assert allowed.standing(path, "a") == "unknown"


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00"])
def test_a_damaged_list_allows_nothing(allowed: AllowedFolders, tmp_path: Path, text: str) -> None:
    allowed.allow(tmp_path / ".env", "a")
    (tmp_path / "state" / FILE_NAME).write_text(text)
    assert allowed.standing(tmp_path / ".env", "a") == "unknown"
    allowed.allow(tmp_path / ".env", "a")
    assert allowed.standing(tmp_path / ".env", "a") == "allowed"


def test_several_at_once_lose_nothing(allowed: AllowedFolders, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) / ".env" for number in range(8)]
    threads = [threading.Thread(target=allowed.allow, args=(path, "a")) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {allowed.standing(path, "a") for path in paths} == {"allowed"}


def test_without_a_place_nothing_is_allowed(tmp_path: Path) -> None:
    nowhere = AllowedFolders(None)
    assert nowhere.standing(tmp_path / ".env", "a") == "unknown"
    with pytest.raises(SettingsError, match="CODEGEN_AGENT_STATE"):
        nowhere.allow(tmp_path / ".env", "a")
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="CODEGEN_AGENT_STATE"):
        AllowedFolders(tmp_path / "file").deny(tmp_path / ".env")
