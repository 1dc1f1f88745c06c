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
from sandbox.containers.imports_ahead import ImportsAhead
from sandbox.containers.launch import Launcher, Lease, RunLabels
from sandbox.containers.workers import Worker, at_exit
from sandbox.errors import SandboxError, SandboxUnavailableError

SWEEP_S = 5.0
"""How long closing waits for an engine that failed to say what it kept."""
IDLE_S = 600.0
"""Without a run for this long, waiting containers are removed; the next run starts others."""
WAITING_PER_CORE = 2
"""More than this many containers for threads that are expected would only take memory: their runs
would compete for the cores anyway."""


@dataclass(slots=True, eq=False)
class _Waiting:
    lease: Future[Lease] = field(default_factory=Future)
    given_up: threading.Event = field(default_factory=threading.Event)
    is_started: bool = False

    def start(self, launcher: Launcher, preload: str) -> None:
        """Start its container, unless nobody wants it any more."""
        if not self.lease.set_running_or_notify_cancel():
            return
        try:
            started = launcher.start(preload=preload, given_up=self.given_up)
            self.lease.set_result(started)
        except BaseException as error:
            self.lease.set_exception(error)
        else:  # others start once there is a core for them
            started.container.await_imports()


class Pool:
    """Provides containers for runs, prepared ones first; each is used once, then removed.

    One that waits has seen no data, so it serves whichever run comes first. No more are prepared
    at the same time than the engine has cores besides those of runs.

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
        self.imports = ImportsAhead()
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._waiting: deque[_Waiting] = deque()
        self._in_use: set[Lease] = set()
        self._given_up = threading.Event()
        self._expected: dict[str, float] = {}
        self._preparing = self._running = 0
        # Threads of their own, so that a removal needn't wait while the next container starts.
        self._starters: list[Worker] = []
        self._free_starters: list[Worker] = []
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

        ``thread``: a thread that is expected to run something, so that as many wait as threads
        do. A failure shows in the run that needs them.
        """
        with self._own_lock():
            self._note_use()
            if thread:
                self._expected[thread] = time.monotonic()
            self._fill(count)

    def _fill(self, count: int) -> None:
        more = self._wanted(count) - len(self._waiting)
        if more > 0 and not self._closed:
            more = min(more, self._max_waiting() - len(self._waiting))
            self._waiting.extend(_Waiting() for _ in range(more))
        self._start_more()

    def _wanted(self, count: int) -> int:
        """Return how many are to wait: ``count``, or more if more threads are expected."""
        if not self._expected:
            return count
        before = time.monotonic() - self._idle_s  # a thread may have ended without a run
        for thread in [name for name, since in self._expected.items() if since < before]:
            del self._expected[thread]
        return max(count, min(len(self._expected), WAITING_PER_CORE * self._cores()))

    def _start_more(self) -> None:
        """Start what is to wait, as far as there are cores for it."""
        for waiting in list(self._waiting):
            if self._closed or self._preparing >= max(1, self._cores() - self._running):
                return
            if not waiting.is_started:
                starter = self._free_starter()
                prepare = functools.partial(self._prepare, waiting, self._launcher, starter)
                if not starter.submit(prepare):
                    self._waiting.remove(waiting)
                    return
                waiting.is_started = True
                self._preparing += 1

    def _free_starter(self) -> Worker:
        if not self._free_starters:
            self._starters.append(Worker(f"codegen-sandbox-start-{len(self._starters)}"))
            self._free_starters.append(self._starters[-1])
        return self._free_starters.pop()

    def _prepare(self, waiting: _Waiting, launcher: Launcher, starter: Worker) -> None:
        try:
            waiting.start(launcher, self.imports.plan())
        finally:
            with self._own_lock():
                self._preparing -= 1
                self._free_starters.append(starter)
                self._start_more()

    @contextlib.contextmanager
    def lease(self, run: RunLabels) -> Iterator[Lease]:
        """Provide a container: one that waits, or a new one.

        Raises:
            SandboxUnavailableError: there is none, and none could be started, or the pool is
                closed meanwhile.
        """
        with self._own_lock():
            given_up = self._given_up
            self._expected.pop(run.thread, None)
        lease = self._take()
        try:
            with self._running_on_a_core():
                if lease is None:
                    lease = self._start(run, given_up)
                with self._own_lock():
                    self._in_use.add(lease)
                if given_up.is_set():
                    raise SandboxUnavailableError(CLOSED_MEANWHILE)
                with _closed_meanwhile(given_up):
                    lease.container.rename(run.container_name())
                yield lease
        finally:
            if lease is not None:
                self._in_use.discard(lease)
                if self._keep:
                    self._in_background(functools.partial(self._close, lease))
                else:
                    self._close(lease)

    @contextlib.contextmanager
    def _running_on_a_core(self) -> Iterator[None]:
        with self._own_lock():
            self._running += 1
        try:
            yield
        finally:
            with self._own_lock():
                self._running -= 1
                self._note_use()
                self._fill(self._keep)

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

    def _let_all_go(self) -> tuple[Worker, ...]:
        with self._own_lock():
            workers = *self._starters, self._removing
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

    def _take(self) -> Lease | None:
        """Take one that lives and has the current image; remove others met on the way."""
        while True:
            with self._own_lock():
                self._note_use()
                self._drop_surplus()
                waiting = next((entry for entry in self._waiting if entry.is_started), None)
                if waiting is None:
                    return None
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

    def _drop_surplus(self) -> None:
        """Drop what hasn't begun to start and isn't expected any more.

        A run that it was for is here already, and starts its own if none is ready.
        """
        late = [waiting for waiting in self._waiting if not waiting.is_started]
        surplus = len(self._waiting) - self._wanted(self._keep)
        for waiting in late[: max(0, surplus)]:
            self._waiting.remove(waiting)

    def _empty(self) -> None:
        with self._own_lock():
            all_waiting = list(self._waiting)
            self._waiting.clear()
        for waiting in all_waiting:
            self._let_go(waiting)

    def _let_go(self, waiting: _Waiting) -> None:
        waiting.given_up.set()
        if waiting.is_started and not waiting.lease.cancel():
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

    def _cores(self) -> int:
        try:
            return self._launcher.cores()
        except SandboxError:  # the engine is gone: the run reports it
            return 1

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
