"""Containers started ahead, so that a run needn't wait for its own."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from sandbox.containers.container import CLOSED_MEANWHILE
from sandbox.containers.launch import Launcher, Lease, RunLabels
from sandbox.containers.workers import Worker, at_exit
from sandbox.errors import SandboxError, SandboxUnavailableError

PRELOADED = "cloudpickle,numpy,pyarrow,pandas,matplotlib,matplotlib.pyplot,scipy.stats,seaborn"
"""Imported one by one while a prepared container waits, until its job arrives. Without that,
the first use of all of them costs 2 s."""
SWEEP_S = 5.0
"""How long closing waits for an engine that failed to say what it kept."""
IDLE_S = 600.0
"""Without a run for this long, waiting containers are removed; the next run starts others."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    thread: str
    lease: Future[Lease] = field(default_factory=Future)
    given_up: threading.Event = field(default_factory=threading.Event)
    since: float = field(default_factory=time.monotonic)

    def is_started(self) -> bool:
        return self.lease.done() or self.lease.running()

    def start(self, launcher: Launcher) -> None:
        """Start its container, unless nobody wants it any more."""
        if not self.lease.set_running_or_notify_cancel():
            return
        try:
            started = launcher.start(RunLabels(self.thread), PRELOADED, self.given_up)
            self.lease.set_result(started)
        except BaseException as error:
            self.lease.set_exception(error)
        else:  # one imports at a time: each keeps a core busy
            started.container.await_imports()


class Pool:
    """Provides containers for runs, prepared ones first; each is used once, then removed.

    A forked process starts with an empty pool: what waits belongs to its parent.
    """

    def __init__(self, launcher: Launcher, keep: int = 0, idle_s: float = IDLE_S) -> None:
        """Start nothing yet.

        Args:
            launcher: starts containers.
            keep: how many to have waiting after each run.
            idle_s: how long they wait at most.
        """
        self._launcher = launcher
        self._keep = keep
        self._idle_s = idle_s
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._waiting: deque[_Waiting] = deque()
        self._in_use: set[Lease] = set()
        self._given_up = threading.Event()
        # Two threads, so that a removal needn't wait while the next container starts.
        self._starting = Worker("codegen-sandbox-start")
        self._removing = Worker("codegen-sandbox-remove")
        self._stay: Callable[[], None] | None = None
        self._sweep_due = True
        self._last_use = time.monotonic()
        self._idle: threading.Timer | None = None

    def use(self, launcher: Launcher) -> None:
        """Start containers by another launcher; remove those that wait."""
        self._launcher = launcher
        self._empty()

    def fill(self, count: int, thread: str = "") -> None:
        """Start containers in the background until ``count`` wait, as far as memory allows.

        ``thread``: the thread they are for; empty: any. A failure shows in the run that needs
        them.
        """
        with self._own_lock():
            self._note_use()
            self._drop_forgotten()
            there = sum(waiting.thread in (thread, "") for waiting in self._waiting)
            for _ in range(count - there):
                if self._closed or len(self._waiting) >= self._max_waiting():
                    return
                waiting = _Waiting(thread)
                if not self._starting.submit(functools.partial(waiting.start, self._launcher)):
                    return
                self._waiting.append(waiting)

    @contextlib.contextmanager
    def lease(self, run: RunLabels) -> Iterator[Lease]:
        """Provide a container: one that waits for the run's thread or for any, or a new one.

        Raises:
            SandboxUnavailableError: there is none, and none could be started, or the pool is
                closed meanwhile.
        """
        with self._own_lock():
            given_up = self._given_up
        lease = self._take(run.thread) or self._start(run, given_up)
        try:
            with self._own_lock():
                self._in_use.add(lease)
            if given_up.is_set():
                raise SandboxUnavailableError(CLOSED_MEANWHILE)
            with _closed_meanwhile(given_up):
                lease.container.rename(run.container_name())
            yield lease
        finally:
            self._in_use.discard(lease)
            if self._keep:
                self._in_background(functools.partial(self._close, lease))
                self.fill(self._keep)
            else:
                self._close(lease)

    def _start(self, run: RunLabels, given_up: threading.Event) -> Lease:
        try:
            with _closed_meanwhile(given_up):
                return self._launcher.start(run, given_up=given_up)
        except SandboxError:  # the engine may have kept what it was making
            self._sweep_due = True
            raise

    def _close(self, lease: Lease) -> None:
        lease.close()
        if not lease.container.is_gone:  # the engine failed, and may have kept it
            self._sweep_due = True

    def _close_waiting(self, waiting: _Waiting) -> None:
        with contextlib.suppress(Exception, CancelledError):
            self._close(waiting.lease.result())

    def close(self) -> None:
        """Remove all containers, and start no more; runs in other threads fail."""
        workers = self._let_all_go()
        with self._own_lock():
            in_use = tuple(self._in_use)
        for lease in in_use:
            lease.container.end()
        for worker in workers:
            worker.join()
        if self._sweep_due and self._stay is not None:
            sweeping = Worker("codegen-sandbox-sweep")
            sweeping.submit(self._launcher.sweep)
            sweeping.finish()
            sweeping.join(SWEEP_S)

    def abandon(self) -> None:
        """Do the same in the background. Takes no lock: finalizers may run in any thread."""
        if os.getpid() == self._pid and self._removing.is_started:
            self._removing.submit(self._let_all_go)

    def _let_all_go(self) -> tuple[Worker, Worker]:
        workers = self._starting, self._removing
        with self._own_lock():
            self._given_up.set()
            if self._idle is not None:
                self._idle.cancel()
            self._empty()
            if not self._closed and self._stay is not None:
                self._removing.submit(self._stay)
            self._closed = True
            for worker in workers:
                worker.finish()
        return workers

    def _take(self, thread: str) -> Lease | None:
        """Take one that lives and has the current image; remove others met on the way."""
        while True:
            with self._own_lock():
                self._note_use()
                self._drop_late(thread)
                usable = [
                    waiting
                    for waiting in self._waiting
                    if waiting.thread in (thread, "") and waiting.is_started()
                ]
                if not usable:
                    return None
                waiting = max(usable, key=lambda waiting: bool(waiting.thread))
                self._waiting.remove(waiting)
            try:
                lease = waiting.lease.result()
                if lease.container.take() and self._launcher.is_current(lease):
                    return lease
                self._in_background(functools.partial(self._close, lease))
            except Exception:  # the run starts its own, and meets the error itself
                self._let_go(waiting)
            except BaseException:  # Ctrl-C: only we know of this container
                self._let_go(waiting)
                raise

    def _drop_late(self, thread: str) -> None:
        """Drop a thread's containers whose start hasn't begun: its run is here already.

        If this is the thread's last run, nobody would take them.
        """
        late = [w for w in self._waiting if w.thread and w.thread == thread and w.lease.cancel()]
        for waiting in late:
            self._waiting.remove(waiting)

    def _drop_forgotten(self) -> None:
        """Remove what waits for a thread that hasn't come: it may have ended without a run."""
        before = time.monotonic() - self._idle_s
        for waiting in [w for w in self._waiting if w.thread and w.since < before]:
            self._waiting.remove(waiting)
            self._let_go(waiting)

    def _empty(self) -> None:
        with self._own_lock():
            all_waiting = list(self._waiting)
            self._waiting.clear()
        for waiting in all_waiting:
            self._let_go(waiting)

    def _let_go(self, waiting: _Waiting) -> None:
        waiting.given_up.set()
        if not waiting.lease.cancel():
            self._in_background(functools.partial(self._close_waiting, waiting))

    def _in_background(self, close: Callable[[], None]) -> None:
        with self._own_lock():
            queued = not self._closed and self._removing.submit(close)
        if not queued:  # the threads have ended, or the interpreter is exiting
            close()

    def _max_waiting(self) -> int:
        try:
            return self._launcher.max_waiting()
        except SandboxError:  # the engine is gone: the run reports it
            return 0

    def _note_use(self) -> None:
        self._last_use = time.monotonic()
        if self._closed:
            return
        if self._idle is None:
            self._watch(self._idle_s)
        if self._sweep_due:
            self._sweep_due = False
            self._removing.submit(self._launcher.sweep)
        if self._stay is None:
            self._stay = at_exit(self._let_all_go)

    def _watch(self, delay_s: float) -> None:
        self._idle = threading.Timer(delay_s, self._remove_idle)
        self._idle.daemon = True
        self._idle.start()

    def _remove_idle(self) -> None:
        with self._lock:
            left_s = self._last_use + self._idle_s - time.monotonic()
            if self._closed:
                return
            if left_s > 0:
                self._watch(left_s)
                return
            self._idle = None
        self._empty()

    def _own_lock(self) -> threading.RLock:
        if os.getpid() != self._pid:
            self._begin()
        return self._lock


@contextlib.contextmanager
def _closed_meanwhile(given_up: threading.Event) -> Iterator[None]:
    """Say that the pool was closed, whatever the engine says of a container removed by that."""
    try:
        yield
    except SandboxError as error:
        if given_up.is_set():
            raise SandboxUnavailableError(CLOSED_MEANWHILE) from error
        raise
