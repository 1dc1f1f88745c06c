"""Writes bytes to a file, and makes their digest meanwhile.

Both let other threads run, and each takes about as long as the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BLOCK_BYTES = 8 << 20
ASIDE_BYTES = 8 << 20
"""From this size on a thread for the digest is worth its while."""


@contextlib.contextmanager
def staged(data: memoryview, folder: Path) -> Iterator[Path]:
    """Lend a finished, read-only file of ``data`` under a name of no meaning, to be renamed.

    It is gone afterwards if it was not.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / f".{secrets.token_hex(8)}"
    try:
        with open(path, "xb", buffering=0) as file:
            for start in range(0, data.nbytes, BLOCK_BYTES):
                _write_all(file.fileno(), data[start : start + BLOCK_BYTES])
        path.chmod(0o444)  # read by the container's user through a hard link, written by nobody
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def staged_with_digest(data: memoryview, folder: Path) -> Iterator[tuple[Path, str]]:
    """Like :func:`staged`, beside the SHA-256, hex."""
    with ThreadPoolExecutor(1, "codegen-digest") as threads:
        digest = threads.submit(hashlib.sha256, data)
        with staged(data, folder) as path:
            yield path, digest.result().hexdigest()


def has_file_of_size(folder: Path, size_bytes: int) -> bool:
    """Whether a file one level below ``folder`` has this size."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                with os.scandir(entry) as files:
                    if any(file.stat().st_size == size_bytes for file in files):
                        return True
    return False


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]
