"""Folders and files that only their user can read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.private_files import private_file, private_folder, tighten

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")
AS_ANOTHER = """
import os, sys
from pathlib import Path
from sandbox.private_files import private_folder
os.setgid(1234)
os.setuid(1234)
try:
    private_folder(Path(sys.argv[1]))
except PermissionError as error:
    print(error.strerror)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_ones_are_private(tmp_path: Path) -> None:
    assert mode(private_folder(tmp_path / "a" / "b")) == 0o700
    assert mode(private_file(tmp_path / "a" / "f")) == 0o600


def test_existing_ones_are_closed(tmp_path: Path) -> None:
    folder, file = tmp_path / "a", tmp_path / "f"
    folder.mkdir()
    file.touch()
    folder.chmod(0o777)
    file.chmod(0o666)
    assert mode(private_folder(folder)) == 0o700
    assert mode(private_file(file)) == 0o600
    folder.chmod(0o755)
    file.chmod(0o444)
    tighten([folder, file, tmp_path / "none"])
    assert (mode(folder), mode(file)) == (0o700, 0o400)


def test_a_folder_that_others_need_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, home = tmp_path / "tmp", tmp_path / "home"
    for folder, bits in ((shared, 0o1777), (home, 0o755)):
        folder.mkdir()
        folder.chmod(bits)
    monkeypatch.setenv("HOME", str(home))
    assert [mode(private_folder(folder)) for folder in (shared, home)] == [0o1777, 0o755]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_another_users_folder_is_refused() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as top:
        folder = Path(top, "theirs")
        folder.mkdir()
        os.chown(top, 1234, 1234)
        os.chown(folder, 65534, 65534)
        arguments = [sys.executable, "-c", AS_ANOTHER, str(folder)]
        said = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert "another user (id 65534)" in said.stdout, said.stderr
        os.chown(folder, 1234, 1234)
        folder.chmod(0o755)
        assert subprocess.run(arguments, capture_output=True, text=True, check=True).stdout == ""
        assert mode(folder) == 0o700
