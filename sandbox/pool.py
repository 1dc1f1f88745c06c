"""Containers started ahead, so that a run need not wait for its own."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox.errors import SandboxError
from sandbox.launch import Lease

IDLE_S = 600.0
"""A container that nobody took for so long is let go; the next run brings others up."""
HEAD_START_S = 1.0
"""One that has been coming up for so long is waited for: a new one would take longer."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    lease: Future[Lease]
    thread: str
    since: float = field(default_factory=time.monotonic)

    def is_near(self) -> bool:
        return self.lease.done() or time.monotonic() - self.since >= HEAD_START_S


class Pool:
    """Leases in waiting. Each is taken once; those never taken are closed.

    A process forked from the pool's own has an empty one: what waits is its parent's.
    """

    def __init__(
        self,
        start: Callable[[], Callable[[str], Lease] | None],
        room: Callable[[], Callable[[], int] | None],
        idle_s: float = IDLE_S,
    ) -> None:
        """Start nothing yet.

        Args:
            start: refers to what starts one for a thread, or for any if the name is empty.
            room: refers to what tells how many may wait at once.
            idle_s: how long one waits at most.
        """
        self._start = start
        self._room = room
        self._idle_s = idle_s
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._waiting: deque[_Waiting] = deque()
        # Apart, so that what is over is gone at once, also while the next one comes up.
        self._starting = ThreadPoolExecutor(1, "codegen-sandbox-start")
        self._removing = ThreadPoolExecutor(1, "codegen-sandbox-remove")
        self._last_use = time.monotonic()
        self._idle: threading.Timer | None = None

    def fill(self, count: int, thread: str = "") -> None:
        """Have ``count`` wait for a thread, as far as there is room; failures show in the run."""
        with self._own_lock():
            there = sum(one.thread in (thread, "") for one in self._waiting)
            for _ in range(max(0, count - there)):
                if self._closed or len(self._waiting) >= self._room_now():
                    return
                self._waiting.append(_Waiting(self._starting.submit(self._begun, thread), thread))
            self._note_use()

    def take(self, fits: Callable[[Lease], bool], thread: str = "") -> Lease | None:
        """Hand out one that fits and lives, of the thread or of none; None if there is none.

        Those that do not fit any more are let go.
        """
        while True:
            with self._own_lock():
                self._note_use()
                usable = [one for one in self._waiting if one.thread in (thread, "")]
                usable = sorted(filter(_Waiting.is_near, usable), key=lambda one: not one.thread)
                if not usable:
                    return None
                self._waiting.remove(usable[0])
            future = usable[0].lease
            try:
                lease = future.result()
                if lease.container.is_alive() and fits(lease):
                    return lease
                self.retire(lease)
            except Exception:  # tried again in the foreground, to be told
                self._let_go(future)
            except BaseException:  # Ctrl-C: nobody else knows of it
                self._let_go(future)
                raise

    def retire(self, lease: Lease) -> None:
        """Remove one in the background."""
        with self._own_lock():
            if not self._closed:
                self._removing.submit(lease.close)
                return
        lease.close()

    def aside(self, task: Callable[[], object]) -> None:
        """Do something after the removals under way; its failure is not told."""
        with self._own_lock():
            if not self._closed:
                self._removing.submit(task)

    def empty(self) -> None:
        """Let go of all that wait."""
        with self._own_lock():
            waiting = list(self._waiting)
            self._waiting.clear()
        for one in waiting:
            self._let_go(one.lease)

    def close(self, *, wait: bool = True) -> None:
        """Let go of all, and wait until they are gone; nothing is started afterwards."""
        self.empty()
        with self._own_lock():
            self._closed = True
            if self._idle is not None:
                self._idle.cancel()
        self._starting.shutdown(wait)
        self._removing.shutdown(wait)

    def _let_go(self, future: Future[Lease]) -> None:
        future.cancel()
        try:
            self._removing.submit(_close, future)
        except RuntimeError:  # this pool is closed, or the interpreter is at its end
            _close(future)

    def _begun(self, thread: str) -> Lease:
        start = self._start()
        if start is None:
            raise SandboxError("nobody has the sandbox any more")
        return start(thread)

    def _room_now(self) -> int:
        room = self._room()
        try:
            return room() if room else 0
        except SandboxError:  # the engine is gone: the run says so
            return 0

    def _note_use(self) -> None:
        self._last_use = time.monotonic()
        if self._idle is None and not self._closed:
            self._watch(self._idle_s)

    def _watch(self, delay_s: float) -> None:
        self._idle = threading.Timer(delay_s, self._let_idle_go)
        self._idle.daemon = True
        self._idle.start()

    def _let_idle_go(self) -> None:
        with self._lock:
            left_s = self._last_use + self._idle_s - time.monotonic()
            if self._closed:
                return
            if left_s > 0:
                self._watch(left_s)
                return
            self._idle = None
        self.empty()

    def _own_lock(self) -> threading.RLock:
        if os.getpid() != self._pid:
            self._begin()
        return self._lock


def _close(future: Future[Lease]) -> None:
    with contextlib.suppress(Exception, CancelledError):
        future.result().close()
