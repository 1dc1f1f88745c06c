"""Whether a stored blob still is what its name says.

This process hashes a blob once, and again whenever its size, inode or modification time has
changed since. Damage that keeps all three is found by the next process, or by
``codegen-agent variables verify``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections import OrderedDict
from pathlib import Path

BLOCK_BYTES = 1 << 20
COMPARED_BYTES = 64 << 20
"""Up to this size a blob is compared whenever its value is stored again."""
MODE = 0o444
"""The container's user reads a blob through a hard link."""

MAX_NOTED = 4096

_whole: OrderedDict[Path, tuple[int, int, int, int]] = OrderedDict()
"""Blobs that this process has found whole, and how they looked then; the latest ones only."""


def is_whole(path: Path, digest: str, *, by_hash: bool = False) -> bool:
    """Whether a blob has the digest; ``by_hash``: hash it even if it looks unchanged.

    Raises:
        OSError: it is missing or can't be read.
    """
    seen = path.lstat()
    if not stat.S_ISREG(seen.st_mode):  # a link to another file, which may change
        return False
    if by_hash or _whole.get(path) != _look(seen):
        _whole.pop(path, None)
        if _digest_of(path) != digest:
            return False
        _note(path, seen)
    if stat.S_IMODE(seen.st_mode) != MODE:
        path.chmod(MODE)
    return True


def is_same(path: Path, data: memoryview) -> bool:
    """Whether a blob is a read-only regular file with exactly these bytes; False if unreadable.

    ``data`` has the digest that is the blob's name. A big blob that looks as it did when this
    process found it whole isn't read.
    """
    try:
        seen = path.lstat()
        if seen.st_mode != stat.S_IFREG | MODE or seen.st_size != data.nbytes:
            return False
        if data.nbytes > COMPARED_BYTES and _whole.get(path) == _look(seen):
            return True
        with open(path, "rb", buffering=0) as file:
            return _has_bytes(file.fileno(), data)
    except OSError:
        return False


def mark_whole(path: Path) -> None:
    """Note that a blob has just been written or compared, and make it young.

    Raises:
        OSError: it is gone.
    """
    now = time.time_ns()  # finer than what the kernel notes for a write at the same moment
    os.utime(path, ns=(now, now))
    _note(path, path.lstat())


def _note(path: Path, seen: os.stat_result) -> None:
    _whole[path] = _look(seen)
    if len(_whole) > MAX_NOTED:  # in a process that serves requests for months
        with contextlib.suppress(KeyError):  # another thread was faster
            _whole.popitem(last=False)


def _look(seen: os.stat_result) -> tuple[int, int, int, int]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _digest_of(path: Path) -> str:
    with open(path, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_bytes(fd: int, data: memoryview) -> bool:
    start = 0
    while block := os.read(fd, BLOCK_BYTES):
        if block != bytes(data[start : start + len(block)]):
            return False
        start += len(block)
    return start == data.nbytes
