"""The process that runs the checks: forked before the code, and out of its reach.

It shares no memory with the code. The kernel keeps it from being traced, and what it finds goes
to process 1 through a pipe that only it can write. The code may end it: then there is no verdict,
and that never counts as success.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import warnings
from typing import Any

from .. import inputs, program
from ..encode import encode_value
from ..encoding.reprs import in_short
from ..interpreter import Interpreter
from ..left_files import work_folder
from ..shared import frames
from .borrower import Borrower, CodeEndedError
from .clean_imports import install
from .line import Line
from .loading import refuse_unpickling
from .names import Mentioned, Names

PR_SET_DUMPABLE = 4
MAX_SOURCE_BYTES = frames.MAX_HEADER_BYTES
_KEPT_SIGNALS = (signal.SIGCHLD, signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT)


def start_checker(
    job: dict[str, Any], checks_fd: int, verdict_fd: int, result_fd: int, interpreter: Interpreter
) -> Line | None:
    """Fork the checks' process and wait until it is ready; return the line to it.

    Closes both of its ends. None: it couldn't be started, and there will be no verdict.
    """
    here, there = socket.socketpair()
    with warnings.catch_warnings(), contextlib.suppress(OSError):  # no more processes allowed
        warnings.simplefilter("ignore")  # libraries may have threads, which do nothing yet
        middle = os.fork()
        if middle == 0:
            _become_checker(job, checks_fd, verdict_fd, (here, result_fd), there, interpreter)
        # The code mustn't find a child that it didn't start.
        os.waitpid(middle, 0)
    there.close()
    for fd in (checks_fd, verdict_fd):
        os.close(fd)
    if not here.recv(1):
        here.close()
        return None
    return Line(here)


def _become_checker(
    job: dict[str, Any],
    checks_fd: int,
    verdict_fd: int,
    others: tuple[socket.socket, int],
    connection: socket.socket,
    interpreter: Interpreter,
) -> None:
    """Turn the fork's fork into the checks' process; never returns."""
    try:
        if os.fork() == 0:
            others[0].close()
            os.close(others[1])
            isolate()
            source = _read_all(checks_fd)
            connection.sendall(b"r")
            Checker(job, Line(connection), verdict_fd, interpreter).run(
                source.decode("utf-8", "surrogatepass")
            )
    finally:
        os._exit(0)


def isolate() -> None:
    """Keep the code from tracing this process, or reading its memory, or stopping it gently."""
    os.setsid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    for number in set(signal.valid_signals()) - set(_KEPT_SIGNALS):
        with contextlib.suppress(OSError, ValueError):  # the C library's own
            signal.signal(number, signal.SIG_IGN)


def _read_all(fd: int) -> bytes:
    parts = []
    while data := os.read(fd, 1 << 16):
        parts.append(data)
    return b"".join(parts)


class Checker:
    """Runs the checks once the code has ended."""

    def __init__(
        self, job: dict[str, Any], line: Line, verdict_fd: int, interpreter: Interpreter
    ) -> None:
        self._job = job
        self._line = line
        self._verdict_fd = verdict_fd
        self._interpreter = interpreter
        self._borrower = Borrower(line, job["limits"]["max_result_bytes"])

    def run(self, source: str) -> None:
        """Wait for the code, run the checks, report what they found."""
        begin = self._borrower.begin()
        if begin is None:
            return
        self._tell({"type": "begun"})
        try:
            error = self._check(source, begin)
        except BaseException as broken:
            error = _could_not_run(in_short(broken))
        self._tell({"type": "checked", "error": error, "digests": self._borrower.digests})
        self._line.close()

    def _check(self, source: str, begin: dict[str, Any]) -> dict[str, Any] | None:
        install(self._borrower, work_folder())
        self._look_like_the_code(begin)
        variables = {**self._job["variables"], "files": []}  # the worker has linked them
        self._borrower.given = inputs.load(variables, self._job.get("folder", ""))
        there = {name for name in begin["names"] if isinstance(name, str) and name[:2] != "__"}
        refuse_unpickling()
        names = Names(self._borrower, Mentioned(source), there)
        try:
            names["__file__"] = program.fresh_main()["__file__"]
            names.fetch()
            self._digest_given(names)
        except CodeEndedError as ended:
            return _could_not_run(f"the code gave no answer: {ended}")
        result = program.run(source, names, self._interpreter, name="checks.py")
        if result.error is not None and result.error["name"] == CodeEndedError.__name__:
            return _could_not_run(f"the code gave no answer: {result.error['message']}")
        return result.error

    def _look_like_the_code(self, begin: dict[str, Any]) -> None:
        """Show the code's folder and import path. Imports don't follow the path."""
        with contextlib.suppress(OSError, ValueError):
            os.chdir(str(begin["folder"]))
        sys.path.extend(str(entry) for entry in begin["path"] if entry not in sys.path)

    def _digest_given(self, names: Names) -> None:
        """Note what the given values look like that the checks see as given, and the host too."""
        for name, value in self._borrower.given.values.items():
            if names.kept(name) is not value:
                continue
            if name not in (self._job["returns"] or ()):
                self._borrower.digests[name] = ""  # the host gets none
                continue
            with contextlib.suppress(Exception):  # no encoding: nothing to compare
                self._borrower.note(name, b"".join(encode_value(value)))

    def _tell(self, header: dict[str, Any]) -> None:
        tell(self._verdict_fd, header)


def tell(verdict_fd: int, header: dict[str, Any]) -> None:
    """Send the host a message that the code can't write."""
    data = frames.pack_message(header)
    while data:
        data = data[os.write(verdict_fd, data) :]


def _could_not_run(reason: str) -> dict[str, Any]:
    message = f"the checks could not be run: {reason}"
    return {"name": "ChecksNotRun", "message": message, "traceback": f"ChecksNotRun: {message}\n"}
