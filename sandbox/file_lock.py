"""A lock between processes that ends with its process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

POLL_S = 0.2


@contextlib.contextmanager
def file_lock(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on ``path``, waiting for another holder.

    ``on_wait`` is called once if there is another. The file stays behind where
    removing it would let two waiters hold two different files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if on_wait is not None:
            on_wait()
        lock.acquire(poll_interval=POLL_S)
    try:
        yield
    finally:
        lock.release()
