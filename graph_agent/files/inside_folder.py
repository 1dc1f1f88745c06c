"""Opens files that are really inside a folder, whoever replaces names by links meanwhile."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_LINKS_REFUSED = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _LINKS_REFUSED
# Opening a pipe would wait for its writer.
_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | _LINKS_REFUSED


def open_inside(folder: Path, path: str) -> tuple[BinaryIO, str]:
    """Open a regular file in ``folder`` for reading; return it with its real name.

    Links that lead to a file inside are followed first. Then each part of the real path is opened
    relative to the one before it, and none of them may be a link any more. Windows can't open
    relative to a folder; there the path is opened as it was resolved.

    Raises:
        OSError: there is no such file, or it is outside.
        ValueError: it is outside, or has a name that no file can have.
        RuntimeError: its links form a loop.
    """
    root = folder.resolve(strict=True)
    parts = (root / path).resolve(strict=True).relative_to(root).parts
    if not parts:
        raise IsADirectoryError(path)
    opened = (
        _open_from(root, parts)
        if os.open in os.supports_dir_fd
        else os.open(root.joinpath(*parts), _FILE)
    )
    file = os.fdopen(opened, "rb")
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        file.close()
        raise FileNotFoundError(path)
    return file, parts[-1]


def _open_from(root: Path, parts: tuple[str, ...]) -> int:
    at = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(parts[-1], _FILE, dir_fd=at)
    finally:
        os.close(at)
