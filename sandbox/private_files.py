"""Folders and files that only their user can read, also those that already exist."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path

__all__ = ["private_file", "private_folder", "tighten"]

log = logging.getLogger(__name__)


def private_folder(folder: Path) -> Path:
    """Create a folder that only this user can enter, or close an existing one to others.

    Raises:
        OSError: it can't be created, or belongs to another user.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(folder, 0o700)
    return folder


def private_file(path: Path) -> Path:
    """Create an empty file that only this user can read, or close an existing one to others.

    Raises:
        OSError: it can't be created, or belongs to another user.
    """
    path.touch(mode=0o600)
    _close(path, 0o600)
    return path


def tighten(paths: Iterable[Path]) -> None:
    """Close existing files and folders to others; what is gone or another user's is left alone."""
    for path in paths:
        with contextlib.suppress(OSError):
            _close(path, 0o700 if path.is_dir() else 0o600)


def _close(path: Path, mode: int) -> None:
    if not hasattr(os, "geteuid"):  # Windows: the user's profile folder protects it
        return
    found = path.stat()
    user = os.geteuid()
    # The root user of a container often works in a folder that is mounted from another user's.
    if user != 0 and found.st_uid not in (user, 0):
        raise PermissionError(
            1, f"it belongs to another user (id {found.st_uid}), who could change it", str(path)
        )
    if not stat.S_IMODE(found.st_mode) & 0o077:
        return
    if _is_shared(path, found) or (found.st_uid != user and user != 0):
        log.warning("other users may enter %r; use a folder of your own", str(path))
        return
    path.chmod(stat.S_IMODE(found.st_mode) & mode)


def _is_shared(path: Path, found: os.stat_result) -> bool:
    """Whether it is a folder such as /tmp or the user's home, which others need to enter."""
    homes = {os.path.expanduser("~"), path.anchor}  # noqa: PTH111  # never raises
    return bool(found.st_mode & stat.S_ISVTX) or str(path.absolute()) in homes
