"""Containers started ahead, so that a run need not wait for its own."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from sandbox.launch import Lease


class Pool:
    """Leases in waiting. Each is taken once; those never taken are closed with the pool."""

    def __init__(self, start: Callable[[], Lease], size: int) -> None:
        """Start nothing yet; ``size`` is how many may wait."""
        self._start = start
        self._size = size
        self._lock = threading.Lock()
        self._waiting: deque[Future[Lease]] = deque()
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    def prepare(self) -> None:
        """Start one in the background, if there is room; a failure shows in the run."""
        with self._lock:
            if self._closed or len(self._waiting) >= self._size:
                return
            if self._threads is None:
                self._threads = ThreadPoolExecutor(1, "codegen-sandbox")
            self._waiting.append(self._threads.submit(self._start))

    def take(self, image: str) -> Lease | None:
        """Hand out one of this image that still lives; None if there is none."""
        while True:
            with self._lock:
                future = self._waiting.popleft() if self._waiting else None
            if future is None:
                return None
            with contextlib.suppress(Exception):  # tried again in the foreground, to be told
                lease = future.result()
                if lease.image == image and lease.container.is_alive():
                    return lease
                lease.close()

    def close(self) -> None:
        """Remove what waits; nothing is prepared afterwards."""
        with self._lock:
            self._closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
        for future in waiting:
            with contextlib.suppress(Exception):
                future.result().close()
        if self._threads is not None:
            self._threads.shutdown()
