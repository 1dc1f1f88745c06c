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

from .encode import encode_value
from .left_files import work_folder

PREPARED_MATPLOTLIB = "/opt/matplotlib-cache"


def prepare(names: Iterable[str], job_fd: int) -> None:
    """Import modules and try the encoders out, until the job arrives at ``job_fd``.

    The code sees the error of a module that can't be imported. What isn't imported in time,
    it imports itself if it needs it.
    """
    for name in names:
        if select.select([job_fd], [], [], 0)[0]:
            return
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if not select.select([job_fd], [], [], 0)[0]:
        _rehearse()
        for name in ("checker", "lender"):
            importlib.import_module(f".checks.{name}", __package__)


def _rehearse() -> None:
    """Encode and fingerprint a table once: libraries import and set up much at first use."""
    from .fingerprints import fingerprint

    pandas = sys.modules.get("pandas")
    if pandas is not None:
        table = pandas.DataFrame({"n": [1.0], "s": ["a"], "t": [pandas.Timestamp(0)]})
        with contextlib.suppress(Exception):  # the job will report it
            encode_value(table)
            fingerprint(pickle.loads(pickle.dumps(table, protocol=5)), lambda _: None)  # noqa: S301


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
