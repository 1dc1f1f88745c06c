"""Starts the checks' process of each run of a session.

It is forked before any code and stays out of the code's reach as the checks' processes do. So
the checks of a session's last run also begin in a process in which none of its code has run.
"""

from __future__ import annotations

import contextlib
import os
import socket
import warnings
from typing import Any

from ..interpreter import Interpreter
from ..shared import frames
from .checker import MAX_SOURCE_BYTES, Checker, isolate, tell
from .line import Line

READ_BYTES = 1 << 16


class Starter:
    """The worker's end: forks the starter, and gets a line to each run's checks from it."""

    def __init__(
        self, checks_fd: int, verdict_fd: int, others: tuple[int, ...], interpreter: Interpreter
    ) -> None:
        """Fork it; ``others`` are the worker's descriptors, which it closes.

        Closes ``checks_fd`` and ``verdict_fd`` here. If it can't be forked, or ends, process 1
        ends the session.
        """
        self._lines, there = socket.socketpair()
        with warnings.catch_warnings(), contextlib.suppress(OSError):  # no more processes allowed
            warnings.simplefilter("ignore")  # libraries may have threads, which do nothing yet
            middle = os.fork()
            if middle == 0:
                try:
                    if os.fork() == 0:
                        self._lines.close()
                        for fd in others:
                            os.close(fd)
                        isolate()
                        _start_checks(checks_fd, verdict_fd, there, interpreter)
                finally:
                    os._exit(0)
            # The code mustn't find a child that it didn't start.
            os.waitpid(middle, 0)
        there.close()
        for fd in (checks_fd, verdict_fd):
            os.close(fd)

    def line(self) -> Line | None:
        """Return the line to this run's checks; None: there are none, so no verdict either."""
        try:
            _, fds, _, _ = socket.recv_fds(self._lines, 1, 1)
        except OSError:  # the code closed it
            return None
        return Line(socket.socket(fileno=fds[0])) if fds else None


def _start_checks(
    checks_fd: int, verdict_fd: int, lines: socket.socket, interpreter: Interpreter
) -> None:
    """Run the checks of one job after another, each in a fork; say when each has ended."""
    reader = frames.MessageReader(MAX_SOURCE_BYTES)
    while data := os.read(checks_fd, READ_BYTES):
        for job, source in reader.feed(data):
            here, there = socket.socketpair()
            process = os.fork()
            if process == 0:
                try:
                    for end in (lines, there):
                        end.close()
                    os.close(checks_fd)
                    checks = source.decode("utf-8", "surrogatepass")
                    Checker(job, Line(here), verdict_fd, interpreter).run(checks)
                finally:
                    os._exit(0)
            here.close()
            with contextlib.suppress(OSError):  # the code closed the other end: no verdict
                socket.send_fds(lines, [b"l"], [there.fileno()])
            there.close()
            os.waitpid(process, 0)
            ended: dict[str, Any] = {"type": "ended"}
            tell(verdict_fd, ended)
