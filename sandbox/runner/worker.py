"""The worker: imports libraries ahead, reads one job, runs it and sends the results.

It shares its process with the user's code and is no more trustworthy than that code: the
host treats all its output as hostile.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from . import inputs, outputs, preparation, program
from .encoding.reprs import in_short
from .figures import capture
from .interpreter import Interpreter
from .session import Session
from .shared import frames

if TYPE_CHECKING:
    from .checks.line import Line


class Channel:
    """The stream of messages to the host."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._os_write = os.write  # figures are sent while the code runs and may patch os

    def send(self, header: dict[str, Any], body: list[bytes | memoryview] | None = None) -> None:
        """Write one message; its body is given in parts."""
        parts = body or []
        self._write(frames.pack_message(header, frames.total_bytes(parts)))
        for part in parts:
            self._write(part)

    def close(self) -> None:
        """Signal that no more messages follow."""
        os.close(self._fd)

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        while view:
            view = view[self._os_write(self._fd, view) :]


def main(job_fd: int, result_fd: int, checks_fd: int, verdict_fd: int) -> None:
    """Serve one job read from ``job_fd``; write messages to ``result_fd``. Never returns.

    ``checks_fd`` and ``verdict_fd`` are for the process of the checks alone.

    Raises:
        Exception: it can't start.
    """
    exit_process, exit_code = os._exit, frames.BROKEN_EXIT
    preparation.replace_standard_streams()
    preparation.prepare_scratch()
    channel = Channel(result_fd)
    ready = {"type": "ready", "python": list(sys.version_info[:3]), "files": _files_of_job()}
    channel.send(ready)
    if ahead := os.environ.pop("CODEGEN_PRELOAD", ""):
        preparation.prepare(ahead.split(","), job_fd)
    capture.prepare()
    interpreter = Interpreter()
    if ahead:
        channel.send({"type": "prepared"})
    job = read_job(job_fd)
    line = None
    if job is not None and job.get("session"):
        descriptors = job_fd, result_fd, checks_fd, verdict_fd
        try:
            serve_session(job, channel, interpreter, descriptors)
            exit_code = 0
        finally:
            exit_process(exit_code)
    os.close(job_fd)
    if job is not None and job.get("checked"):
        from .checks.checker import start_checker  # imported ahead if there was time

        line = start_checker(job, checks_fd, verdict_fd, result_fd, interpreter)
    else:
        os.close(checks_fd)
        os.close(verdict_fd)
    try:
        if job is not None:
            serve(job, channel, interpreter, line)
        exit_code = 0
    finally:  # looks up no name: the code may have deleted any
        exit_process(exit_code)


def _files_of_job() -> list[str]:
    """List the job's folder; from this, the host recognizes whose folder it is."""
    try:
        return os.listdir(os.environ.pop("CODEGEN_JOB_FOLDER", ""))
    except OSError:
        return []


def serve_session(
    job: dict[str, Any],
    channel: Channel,
    interpreter: Interpreter,
    descriptors: tuple[int, int, int, int],
) -> None:
    """Serve jobs until the stream ends, or the code breaks the interpreter beyond repair."""
    from .checks.starter import Starter

    job_fd, result_fd, checks_fd, verdict_fd = descriptors
    starter = Starter(checks_fd, verdict_fd, (job_fd, result_fd), interpreter)
    session = Session(program.fresh_main())
    next_job: dict[str, Any] | None = job
    while next_job is not None:
        line = starter.line() if next_job["checked"] else None
        if not serve(next_job, channel, interpreter, line, session):
            return
        next_job = read_job(job_fd)


def serve(
    job: dict[str, Any],
    channel: Channel,
    interpreter: Interpreter,
    line: Line | None = None,
    session: Session | None = None,
) -> bool:
    """Run one job: send ``unloadable``, or else ``running``, the results, and ``finished``.

    ``broken`` replaces ``finished`` when the code broke the interpreter beyond repair; then
    False is returned. The channel is closed, except in a session.
    """
    end_s = time.monotonic() + job["limits"].get("timeout_s", math.inf)
    try:
        given = inputs.load(job["variables"], job.get("folder", ""))
    except inputs.LoadError as error:
        if line is not None:
            line.close()
        channel.send({"type": "unloadable", "variable": error.name, "reason": error.reason})
        return True
    # From here on, the host accepts no message that belongs before the code.
    channel.send({"type": "running"})
    try:
        _serve(job, channel, interpreter, given, end_s, line, session)
    except BaseException as error:
        channel.send({"type": "broken", "reason": in_short(error)})
        return False
    finally:
        if session is None:
            channel.close()
    return True


def _serve(
    job: dict[str, Any],
    channel: Channel,
    interpreter: Interpreter,
    given: inputs.Given,
    end_s: float,
    line: Line | None,
    session: Session | None,
) -> None:
    namespace = program.fresh_main() if session is None else session.namespace
    namespace.update(given.values)
    if session is not None:
        session.begin_run(given.values, outputs.variables(namespace))
    limits = job["limits"]
    figures = capture.FigureCapture(
        limits["max_figures"],
        limits["max_result_bytes"],
        lambda header, data: channel.send(header, [data]),
        end_s,
    )
    # Libraries may warn while values are read, which isn't the code's doing.
    with figures, contextlib.ExitStack() as reading:
        ending = _run(job, namespace, interpreter, session)
        if session is not None:
            reading.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        values = outputs.variables(namespace)
        known, changed = set(given.values), given.changed(values)
        if session is not None:
            known |= set(session.known())
            changed += session.changed(values)
        assigned = session.assigned(job["code"]) if session is not None else set()
        left = outputs.chosen(values, known, {*changed, *assigned})
        display = ending.pop("display")
        # The checks may look at the figures.
        figures.finish(display, [values[name] for name in left], close=line is None)
        names = left if job["returns"] is None else job["returns"]
        if job.get("save"):
            names = [name for name in values if not name.startswith("__")]
        left_bytes = limits["max_result_bytes"] - figures.pictures.total_bytes
        note = outputs.send_values(
            channel.send, values, names, display, left_bytes, limits["max_variables"]
        )
        if line is not None:
            _lend(line, namespace, given, changed, failed=ending["error"] is not None)
    if session is None:
        program.run_exit_functions()
        program.close_files(values)
    else:
        if line is not None:
            figures.close_open()
        program.flush_files(values)
        changed = [name for name in changed if session.was_given(name)]
    more = {"changed_inputs": changed, "notes": [*figures.pictures.notes, *filter(None, [note])]}
    channel.send({"type": "finished", **ending, **more})


def _lend(
    line: Line, namespace: dict[str, Any], given: inputs.Given, changed: list[str], *, failed: bool
) -> None:
    """Answer the checks until they have ended; they don't begin if the code failed."""
    if not failed:
        from .checks.lender import Lender

        program.allow_threads_again()
        with contextlib.suppress(OSError):  # the code ended the checks
            Lender(line, namespace, given, changed).serve()
    line.close()


def _run(
    job: dict[str, Any],
    namespace: dict[str, Any],
    interpreter: Interpreter,
    session: Session | None,
) -> dict[str, Any]:
    """Run the code, then wait for its threads; return the outcome."""
    code = program.without_magics(job["code"])
    program.keep_source(code, namespace)
    process = os.getpid()
    name = program.name_of_run(session.runs if session is not None else 1)
    result = program.run(code, namespace, interpreter, name)
    if os.getpid() != process:  # a child that the code forked, at the end of the program
        _exit_like_a_script(result.error)
    if session is None:
        program.finish_threads(interpreter)
    else:
        program.join_threads(interpreter)
    return {"error": result.error, "display": result.display}


def _exit_like_a_script(error: dict[str, Any] | None) -> NoReturn:
    if error is not None:
        print(error["traceback"], end="", file=sys.stderr)
    os._exit(0 if error is None else 1)


def read_job(job_fd: int) -> dict[str, Any] | None:
    """Read the one job; return None if the stream ends before it is complete."""
    reader = frames.MessageReader(max_body_bytes=0)
    while data := os.read(job_fd, 1 << 16):
        for header, _ in reader.feed(data):
            return header
    return None
