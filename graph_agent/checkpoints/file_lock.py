"""A thread's lock as a file of the state folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import filelock

from graph_agent.checkpoints.busy import busy
from graph_agent.errors import CheckpointError

_LOCKS = Path("/proc/locks")
_LINE = re.compile(r"FLOCK +ADVISORY +WRITE +(\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) ")


@contextlib.contextmanager
def hold_file(folder: Path, thread_id: str) -> Iterator[None]:
    """Hold the lock; see :func:`~graph_agent.checkpoints.thread_lock.thread_lock`.

    The file is removed while it is still locked. Who opened it before and locks
    it after that notices that it has no name any more, and is told to come again.
    """
    digest = hashlib.sha256(thread_id.encode(errors="surrogatepass")).hexdigest()
    path = folder / f"{digest}.lock"
    # Neither shared between threads of this process nor left to the one that took it.
    lock = filelock.FileLock(path, mode=0o600, thread_local=False, is_singleton=False)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise busy(thread_id, _holder(path)) from None
    except (OSError, NotImplementedError) as error:
        raise CheckpointError(
            f"cannot lock the run {thread_id!r} in {str(folder)!r} ({error});"
            " set CODEGEN_AGENT_STATE to a folder that can be written"
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file
            path.unlink()
        lock.release()


def _holder(path: Path) -> str:
    """Name the process that has the lock, as far as the kernel tells."""
    try:
        there = path.stat()
        text = _LOCKS.read_text(encoding="ascii")
    except (OSError, ValueError):
        return "another process"
    device = (os.major(there.st_dev), os.minor(there.st_dev), there.st_ino)
    for pid, major, minor, inode in _LINE.findall(text):
        if (int(major, 16), int(minor, 16), int(inode)) == device and int(pid) > 0:
            return "this process" if int(pid) == os.getpid() else f"process {pid}"
    return "another process"
