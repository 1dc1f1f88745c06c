"""Threads that prepare and remove containers. They never keep the interpreter from exiting."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue

EXIT_S = 1.5
"""How long an exiting interpreter waits for containers to be removed. Any that are left end by
themselves, because their streams end with this process."""
JOIN_S = 0.1


class Worker:
    """Runs calls one after another in a daemon thread, which starts with the first one.

    Not a ThreadPoolExecutor: the interpreter waits for its threads at exit, and they refuse
    calls from then on. ``submit`` and ``finish`` take no lock once the thread runs, so a
    finalizer may call them in any thread.
    """

    def __init__(self, name: str) -> None:
        """Start nothing yet."""
        self._name = name
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: _Thread | None = None

    @property
    def is_started(self) -> bool:
        """Whether there is a thread, so that calls need no new one."""
        return self._thread is not None

    def submit(self, call: Callable[[], object]) -> bool:
        """Run a call after those before it; False if the interpreter starts no more threads.

        What the call raises is dropped.
        """
        if self._thread is None:
            thread = _Thread(self._name, self._calls)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is exiting
                return False
            self._thread = thread
        self._calls.put(call)
        return True

    def finish(self) -> None:
        """Let the thread end after the calls submitted so far."""
        self._calls.put(None)

    def join(self, timeout_s: float = float("inf")) -> None:
        """Wait until the thread has ended.

        Returns at once in a worker's own thread, where a finalizer may call this, and when
        the interpreter has stopped all threads.
        """
        deadline = time.monotonic() + timeout_s
        while (
            self._thread is not None
            and self._thread.is_alive()
            and not isinstance(threading.current_thread(), _Thread)
            and not sys.is_finalizing()
            and (left_s := deadline - time.monotonic()) > 0
        ):
            self._thread.join(min(JOIN_S, left_s))


class _Thread(threading.Thread):
    def __init__(self, name: str, calls: SimpleQueue[Callable[[], object] | None]) -> None:
        super().__init__(name=name, daemon=True)
        self._calls = calls

    def run(self) -> None:
        while (call := self._calls.get()) is not None:
            with contextlib.suppress(Exception):  # a failure shows in the run that needs it
                call()
            del call  # what it holds may be collected now


@functools.cache
def _leaving(pid: int) -> list[Callable[[], Iterable[Worker]]]:
    """Return what a process calls at exit; a forked process has its own."""
    ends: list[Callable[[], Iterable[Worker]]] = []

    def leave() -> None:
        if os.getpid() != pid:
            return
        deadline = time.monotonic() + EXIT_S
        for worker in [worker for end in list(ends) for worker in end()]:
            worker.join(deadline - time.monotonic())

    atexit.register(leave)
    return ends


def at_exit(end: Callable[[], Iterable[Worker]]) -> Callable[[], None]:
    """Call ``end`` when the interpreter exits, and wait for the workers that it returns.

    Returns a function that undoes this.
    """
    ends = _leaving(os.getpid())
    ends.append(end)

    def undo() -> None:
        if end in ends:
            ends.remove(end)

    return undo
