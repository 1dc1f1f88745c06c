"""What the worker does before it has a job, so that the job doesn't wait for it."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pickle
import select
import shutil
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from .encode import encode_value
from .left_files import work_folder

PREPARED_MATPLOTLIB = "/opt/matplotlib-cache"
CHECKS = (".checks.checker", ".checks.lender")
PATIENCE_S = 0.5
"""A job that follows another one without a pause has come by then: anything else that is
imported would only delay the next container."""
BUSY_S = 2.0
"""How long the next module waits for a core that is free."""


def prepare(names: Iterable[str], job_fd: int) -> None:
    """Import modules and try the encoders out, until the job arrives at ``job_fd``.

    The code sees the error of a module that can't be imported. What isn't imported in time,
    it imports itself if it needs it.
    """
    for name in names:
        if _is_there(job_fd):
            return
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if not _is_there(job_fd):
        _rehearse()


def prepare_more(names: Iterable[str], job_fd: int) -> bool:
    """Import what the code may need besides, if the job doesn't come soon; return whether it did.

    Only while a core is free: another container's run goes first. A low priority wouldn't do
    that, because the kernel weighs it within this container only.
    """
    if _is_there(job_fd, PATIENCE_S):
        return False
    from .fingerprints import fingerprint

    table = _table()
    if table is not None:
        with contextlib.suppress(Exception):  # the job will report it
            copied = pickle.loads(pickle.dumps(table, protocol=5))  # noqa: S301
            fingerprint(copied, lambda _: None)
    for name in (*names, *CHECKS):
        if _is_there(job_fd) or (_is_busy() and _is_there(job_fd, BUSY_S)):
            break
        with contextlib.suppress(Exception):
            importlib.import_module(name, __package__)
    return True


def _is_there(job_fd: int, timeout_s: float = 0) -> bool:
    return bool(select.select([job_fd], [], [], timeout_s)[0])


def _is_busy() -> bool:
    """Whether more wants to run than there are cores, as far as the kernel tells."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/loadavg") as load:
        running = int(load.read().split()[3].partition("/")[0])  # this process is one of them
        return running > (os.cpu_count() or 1)
    return False


def _rehearse() -> None:
    """Encode a table once: libraries import and set up much at first use."""
    table = _table()
    if table is not None:
        with contextlib.suppress(Exception):  # the job will report it
            encode_value(table)


def _table() -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    return pandas.DataFrame({"n": [1.0], "s": ["a"], "t": [pandas.Timestamp(0)]})


def replace_standard_streams() -> None:
    """Write without buffering, so that text printed before a kill or ``os._exit`` is kept."""
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "surrogateescape", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def prepare_scratch() -> None:
    """Make the working folder, and give matplotlib a writable copy of its font list."""
    folder = work_folder()
    with contextlib.suppress(OSError):
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        sys.path.insert(0, folder)
    if os.path.isdir(PREPARED_MATPLOTLIB):
        config = os.path.join(tempfile.gettempdir(), ".matplotlib")
        shutil.copytree(PREPARED_MATPLOTLIB, config, dirs_exist_ok=True)
        os.environ["MPLCONFIGDIR"] = config
    os.environ.setdefault("MPLBACKEND", "agg")
