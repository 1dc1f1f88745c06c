"""The worker: imports ahead, takes one job, runs it, sends what it made.

Everything here shares its process with the user's code and is as trustworthy as
that code: the host believes none of it.
"""

from __future__ import annotations

import math
import os
import sys
import time
import warnings
from typing import Any, NoReturn

from . import figures, frames, inputs, outputs, preparation, program
from .exceptions import in_short
from .figures import FigureCapture
from .interpreter import Interpreter
from .magics import without_magics


class Channel:
    """The stream of messages to the host."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._os_write = os.write  # figures are sent while the code runs, whatever it patched

    def send(self, header: dict[str, Any], body: list[bytes | memoryview] | None = None) -> None:
        """Write one message, its body given in parts."""
        parts = body or []
        self._write(frames.pack_message(header, frames.total_bytes(parts)))
        for part in parts:
            self._write(part)

    def close(self) -> None:
        """Say that there is nothing more to come."""
        os.close(self._fd)

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            view = view[self._os_write(self._fd, view) :]


def main(job_fd: int, result_fd: int) -> None:
    """Serve one job read from ``job_fd``; write messages to ``result_fd``. Never returns.

    Raises:
        Exception: it cannot even begin.
    """
    leave, exit_code = os._exit, frames.BROKEN_EXIT
    preparation.replace_standard_streams()
    preparation.prepare_scratch()
    if ahead := os.environ.pop("CODEGEN_PRELOAD", ""):
        preparation.preload(ahead)
        preparation.rehearse()
    figures.prepare()
    channel, interpreter = Channel(result_fd), Interpreter()
    ready = {"type": "ready", "python": list(sys.version_info[:3]), "files": _files_of_job()}
    channel.send(ready)
    job = read_job(job_fd)
    os.close(job_fd)
    try:
        if job is not None:
            serve(job, channel, interpreter)
        exit_code = 0
    finally:  # looks up no name: the code may have taken any away
        leave(exit_code)


def _files_of_job() -> list[str]:
    """List what lies in the job's folder; the host knows by it whose folder that is."""
    try:
        return os.listdir(os.environ.pop("CODEGEN_JOB_FOLDER", ""))
    except OSError:
        return []


def serve(job: dict[str, Any], channel: Channel, interpreter: Interpreter) -> None:
    """Run one job: send ``unloadable``, or else ``running``, what it made, and ``finished``.

    Instead of ``finished`` comes ``broken`` when the code left too little to go on with.
    """
    end_s = time.monotonic() + job["limits"].get("timeout_s", math.inf)
    try:
        given = inputs.load(job["variables"], job.get("folder", ""))
    except inputs.LoadError as error:
        channel.send({"type": "unloadable", "variable": error.name, "reason": error.reason})
        return
    # From here on, the host takes nothing that belongs before the code.
    channel.send({"type": "running"})
    try:
        _serve(job, channel, interpreter, given, end_s)
    except BaseException as error:
        channel.send({"type": "broken", "reason": in_short(error)})
    channel.close()


def _serve(
    job: dict[str, Any],
    channel: Channel,
    interpreter: Interpreter,
    given: inputs.Given,
    end_s: float,
) -> None:
    namespace = program.fresh_main()
    namespace.update(given.values)
    limits = job["limits"]
    capture = FigureCapture(
        limits["max_figures"],
        limits["max_result_bytes"],
        lambda header, data: channel.send(header, [data]),
        end_s,
    )
    with capture:
        ending = _run(job, namespace, interpreter)
        # Not the code's doing: what its libraries warn of while its values are read.
        warnings.simplefilter("ignore")
        values = outputs.variables(namespace)
        changed = given.changed(values)
        left = outputs.chosen(values, given, changed)
        display = ending.pop("display")
        capture.finish(display, [values[name] for name in left])
    names = left if job["returns"] is None else job["returns"]
    left_bytes = limits["max_result_bytes"] - capture.total_bytes
    note = outputs.send(channel, values, names, display, left_bytes, limits["max_variables"])
    program.run_exit_functions()
    more = {"changed_inputs": changed, "notes": [*capture.notes, *filter(None, [note])]}
    channel.send({"type": "finished", **ending, **more})


def _run(
    job: dict[str, Any], namespace: dict[str, Any], interpreter: Interpreter
) -> dict[str, Any]:
    """Run the code, then its checks, then wait for its threads; tell how it went."""
    code = without_magics(job["code"])
    program.keep_source(code, namespace)
    process, started = os.getpid(), time.perf_counter()
    result = program.run(code, namespace, interpreter)
    duration_s = time.perf_counter() - started
    if os.getpid() != process:  # a fork of the code's own, at the end of its program
        _leave_as_a_script(result.error)
    check_error = None
    if result.error is None and job.get("checks"):
        check_error = program.run(job["checks"], namespace, interpreter, name="checks.py").error
    program.finish_threads(interpreter)
    return {
        "error": result.error,
        "check_error": check_error,
        "duration_s": duration_s,
        "display": result.display,
    }


def _leave_as_a_script(error: dict[str, Any] | None) -> NoReturn:
    if error is not None:
        print(error["traceback"], end="", file=sys.stderr)
    os._exit(0 if error is None else 1)


def read_job(job_fd: int) -> dict[str, Any] | None:
    """Read the one job; None when the stream ends before it is whole."""
    reader = frames.MessageReader(max_body_bytes=0)
    while data := os.read(job_fd, 1 << 16):
        for header, _ in reader.feed(data):
            return header
    return None
