"""Events from another thread, so that Ctrl-C is answered while a step is under way."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from types import FrameType

from graph_agent.events import Event

POLL_S = 0.5
"""On Windows a wait without a limit does not see Ctrl-C."""


class BackgroundEvents:
    """Events that another thread draws.

    LangGraph waits for the step under way before it lets an interrupt through: a
    model's call, a container's run. Here the interrupt comes through at once, and
    the events can still be waited for afterwards, or the thread be left behind.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._arrived: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._events = events
        threading.Thread(target=self._draw, name="codegen-workflow", daemon=True).start()

    def next(self, deadline: float | None = None) -> Event | None:
        """Wait for the next event; None: there is none any more, or not by ``deadline``.

        ``deadline`` is a time of the monotonic clock. What drawing the events raises is
        raised here.
        """
        while deadline is None or time.monotonic() < deadline:
            try:
                one = self._arrived.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(one, BaseException):
                raise one
            return one
        return None

    def _draw(self) -> None:
        last: BaseException | None = None
        try:
            for event in self._events:
                self._arrived.put(event)
        except BaseException as error:
            last = error
        self._arrived.put(last)


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does; of the main thread only, as signals are."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
