"""The worker: imports ahead, takes one job, runs it, sends what it made.

Everything here shares its process with the user's code and is as trustworthy as
that code: the host believes none of it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import os
import pickle
import shutil
import sys
import tempfile
import time
from typing import Any

from . import figures, frames, inputs, outputs, program
from .encode import EncodeLimits, encode_value
from .figures import FigureCapture
from .known_state import KnownState
from .magics import without_magics

PREPARED_MATPLOTLIB = "/opt/matplotlib-cache"


class Channel:
    """The stream of messages to the host."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def send(self, header: dict[str, Any], body: list[bytes | memoryview] | None = None) -> None:
        """Write one message, its body given in parts."""
        parts = body or []
        self._write(frames.pack_message(header, frames.total_bytes(parts)))
        for part in parts:
            self._write(part)

    def close(self) -> None:
        """Say that there is nothing more to come."""
        with contextlib.suppress(OSError):  # the code may have closed it
            os.close(self._fd)

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            view = view[os.write(self._fd, view) :]


def main(job_fd: int, result_fd: int) -> None:
    """Serve one job read from ``job_fd``; write messages to ``result_fd``."""
    _replace_standard_streams()
    _prepare_scratch()
    if ahead := os.environ.pop("CODEGEN_PRELOAD", ""):
        preload(ahead)
        rehearse()
    figures.prepare()
    known = KnownState()
    channel = Channel(result_fd)
    ready = {"type": "ready", "python": list(sys.version_info[:3]), "files": _files_of_job()}
    channel.send(ready)
    job = read_job(job_fd)
    os.close(job_fd)
    if job is not None:
        serve(job, channel, known)


def _files_of_job() -> list[str]:
    """List what lies in the job's folder; the host knows by it whose folder that is."""
    try:
        return os.listdir(os.environ.pop("CODEGEN_JOB_FOLDER", ""))
    except OSError:
        return []


def serve(job: dict[str, Any], channel: Channel, known: KnownState) -> None:
    """Load one job's variables, run its code, and send what comes of it.

    ``running`` parts what comes before the code from what the code could have
    sent itself.
    """
    namespace = program.fresh_main()
    end_s = time.monotonic() + job["limits"].get("timeout_s", math.inf)
    try:
        given = inputs.load(job["variables"], job.get("folder", ""))
    except inputs.LoadError as error:
        channel.send({"type": "unloadable", "variable": error.name, "reason": error.reason})
        return
    namespace.update(given.values)
    leave = os._exit
    channel.send({"type": "running"})
    try:
        _run(job, namespace, given, channel, known, end_s)
    except BaseException:  # nothing of it is the reader's business: the code broke this program
        leave(frames.BROKEN_EXIT)


def _run(
    job: dict[str, Any],
    namespace: dict[str, Any],
    given: inputs.Given,
    channel: Channel,
    known: KnownState,
    end_s: float,
) -> None:
    """Run the code, send figures as they are made, then variables, then ``finished``."""
    limits = job["limits"]
    clock = time.perf_counter
    capture = FigureCapture(
        int(limits["max_figures"]),
        int(limits["max_result_bytes"]),
        lambda header, data: channel.send(header, [data]),
        end_s,
    )
    with capture:
        started = clock()
        code = without_magics(job["code"])
        result = program.run(code, namespace, before_report=known.put_back)
        duration_s = clock() - started
        check_error = None
        if result.error is None and job.get("checks"):
            check_error = program.run(job["checks"], namespace, "checks.py", known.put_back).error
        known.put_back()
        program.finish_threads()
        changed = given.changed(namespace)
        left = outputs.chosen(namespace, given, changed)
        capture.finish(result.display, [namespace[name] for name in left])
    left_bytes = int(limits["max_result_bytes"]) - capture.total_bytes
    job["limits"] = {**limits, "max_result_bytes": left_bytes}
    outputs.send(channel, namespace, given, changed, result.display, job)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):  # the code may have replaced or closed it
            stream.flush()
    channel.send(
        {
            "type": "finished",
            "error": result.error,
            "check_error": check_error,
            "changed_inputs": changed,
            "notes": capture.notes,
            "duration_s": duration_s,
        }
    )
    channel.close()


def read_job(job_fd: int) -> dict[str, Any] | None:
    """Read the one job; None when the stream ends before it is whole."""
    reader = frames.MessageReader(max_body_bytes=0)
    while data := os.read(job_fd, 1 << 16):
        for header, _ in reader.feed(data):
            return header
    return None


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


def _replace_standard_streams() -> None:
    # Written through: what was printed before a kill or os._exit is kept.
    for name, fd in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(fd, "w", closefd=False)
        stream = io.TextIOWrapper(raw, "utf-8", "surrogateescape", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _prepare_scratch() -> None:
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
