"""A lock between processes, released when its process ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

POLL_S = 0.2


@contextlib.contextmanager
def file_lock(
    path: Path, on_wait: Callable[[], None] | None = None, *, remove: bool = False
) -> Iterator[None]:
    """Hold an exclusive lock on ``path``, waiting for another holder.

    ``on_wait`` is called once if there is another holder; raise in it to not wait.
    ``remove`` deletes the file while it is still locked: a waiter that then locks the
    deleted file notices (filelock checks the link count) and tries again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # May be released by another thread than took it.
    lock = filelock.FileLock(path, mode=0o600, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if on_wait is not None:
            on_wait()
        lock.acquire(poll_interval=POLL_S)
    try:
        yield
    finally:
        if remove:
            with contextlib.suppress(OSError):  # Windows can't delete an open file
                path.unlink()
        lock.release()
