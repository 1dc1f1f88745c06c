"""Events from another thread, so that Ctrl-C is answered while a step is under way."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator

from graph_agent.events import Event

POLL_S = 0.5
"""On Windows a wait without a limit does not see Ctrl-C."""


def in_background(events: Iterable[Event]) -> Iterator[Event]:
    """Yield ``events``, which another thread draws; what they raise is raised here.

    LangGraph waits for the step under way before it lets an interrupt through: a
    model's call, a container's run. Here the interrupt comes through at once, and
    the thread is left behind, for the program to end without waiting for it.
    """
    arrived: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()

    def draw() -> None:
        try:
            for event in events:
                arrived.put(event)
        except BaseException as error:
            arrived.put(error)
        else:
            arrived.put(None)

    threading.Thread(target=draw, name="codegen-workflow", daemon=True).start()
    while True:
        try:
            one = arrived.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if one is None:
            return
        if isinstance(one, BaseException):
            raise one
        yield one
