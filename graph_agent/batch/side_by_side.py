"""Does several jobs at once, and stops the runs in them together."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Generic, Protocol, TypeVar

from graph_agent.errors import RunStoppedError
from graph_agent.leaving import in_daemon_thread

__all__ = ["ActiveRuns", "SideBySide"]

POLL_S = 0.5
"""On Windows an unlimited wait ignores Ctrl-C."""

_Result = TypeVar("_Result")


class Stoppable(Protocol):
    """A run that can be stopped; :class:`~graph_agent.workflow.AgentWorkflow` describes it."""

    def drain(self) -> None:
        """Ask the run to stop after its current step."""

    def stop(self) -> None:
        """Stop at once."""


class ActiveRuns:
    """The runs that are working now. Once they are stopped, no other one begins."""

    def __init__(self) -> None:
        self._runs: set[Stoppable] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether they were asked to stop."""
        return self._stopped

    @contextlib.contextmanager
    def active(self, run: Stoppable) -> Iterator[None]:
        """Count a run as one of these while the block works on it.

        Raises:
            RunStoppedError: they were stopped before.
        """
        with self._lock:
            if self._stopped:
                raise RunStoppedError("stopped before this run began; resume it")
            self._runs.add(run)
        try:
            yield
        finally:
            with self._lock:
                self._runs.discard(run)

    def drain(self) -> None:
        """Ask all runs to stop after their current step."""
        for run in self._stop():
            run.drain()

    def stop(self) -> None:
        """Stop all runs at once; they can be resumed."""
        for run in self._stop():
            run.stop()

    def _stop(self) -> list[Stoppable]:
        with self._lock:
            self._stopped = True
            return list(self._runs)


class SideBySide(Generic[_Result]):
    """Jobs that are done in daemon threads, up to ``concurrency`` at once.

    Iterating yields each job's future when it is done. Of those that are done at the same time,
    the ones that failed come last, so that a caller who stops there has kept the others.
    """

    def __init__(self, jobs: Iterable[Callable[[], _Result]], concurrency: int) -> None:
        self._jobs = iter(jobs)
        self._concurrency = concurrency
        self._working: set[Future[_Result]] = set()

    def __iter__(self) -> Iterator[Future[_Result]]:
        """Start jobs, and yield those that are done."""
        while True:
            while len(self._working) < self._concurrency and (job := next(self._jobs, None)):
                self._working.add(in_daemon_thread(job))
            if not self._working:
                return
            yield from self._done(POLL_S)

    def rest(self, within_s: float) -> Iterator[Future[_Result]]:
        """Start no other job, and yield those that are done in time."""
        deadline = time.monotonic() + within_s
        while self._working and (left_s := deadline - time.monotonic()) > 0:
            yield from self._done(min(POLL_S, left_s))

    def _done(self, within_s: float) -> Iterator[Future[_Result]]:
        done, _ = wait(self._working, timeout=within_s, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda each: each.exception() is not None):
            self._working.discard(future)
            yield future
