"""What the worker does before there is a job, so that the job need not wait for it."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pickle
import shutil
import sys
import tempfile

from .encode import EncodeLimits, encode_value

PREPARED_MATPLOTLIB = "/opt/matplotlib-cache"


def preload(names: str) -> None:
    """Import the modules of a comma-separated list; one that fails is left to the code."""
    for name in filter(None, names.split(",")):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def rehearse() -> None:
    """Take a table in and out once: much is imported and set up by libraries at first use."""
    from .fingerprints import fingerprint

    pandas = sys.modules.get("pandas")
    if pandas is not None:
        table = pandas.DataFrame({"n": [1.0], "s": ["a"], "t": [pandas.Timestamp(0)]})
        with contextlib.suppress(Exception):  # the job will tell
            encode_value(table, EncodeLimits())
            fingerprint(pickle.loads(pickle.dumps(table, protocol=5)), lambda _: None)  # noqa: S301


def replace_standard_streams() -> None:
    """Write through: what was printed before a kill or ``os._exit`` is kept."""
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "surrogateescape", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def prepare_scratch() -> None:
    """Make the working folder, and give matplotlib a writable copy of its font list."""
    folder = os.path.join(tempfile.gettempdir(), "work")
    with contextlib.suppress(OSError):
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        sys.path.insert(0, folder)
    if os.path.isdir(PREPARED_MATPLOTLIB):
        config = os.path.join(tempfile.gettempdir(), ".matplotlib")
        shutil.copytree(PREPARED_MATPLOTLIB, config, dirs_exist_ok=True)
        os.environ["MPLCONFIGDIR"] = config
    os.environ.setdefault("MPLBACKEND", "agg")
