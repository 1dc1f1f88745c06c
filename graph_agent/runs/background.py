"""Events that are produced in another thread, for an event loop or for a caller that polls."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from typing import TypeVar

from graph_agent.runs.events import Event

LEAVE_S = 2.0
"""How long leaving waits for the run to unlock its thread, so that it can be resumed at once."""
POLL_S = 0.5
"""On Windows an unlimited wait ignores Ctrl-C."""

_Chunk = TypeVar("_Chunk")
Item = Event | BaseException | None
"""An event, or how the stream ended: with an error, or with None."""


def _start_thread(events: Iterable[Event], deliver: Callable[[Item], object]) -> threading.Thread:
    """Produce the events in a new thread and hand each to ``deliver``."""

    def produce() -> None:
        end: Item = None
        try:
            for event in events:
                deliver(event)
        except BaseException as error:
            end = error
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            deliver(end)

    thread = threading.Thread(target=produce, name="codegen-workflow", daemon=True)
    thread.start()
    return thread


async def events_in_thread(
    events: Iterable[Event], stop: Callable[[], object]
) -> AsyncGenerator[Event, None]:
    """Yield events without blocking the event loop, and raise what producing them raises.

    ``stop`` ends the stream when the caller leaves early; it may block.
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Item]()
    thread = _start_thread(events, lambda item: loop.call_soon_threadsafe(arrived.put_nowait, item))
    try:
        while (item := await arrived.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        if thread.is_alive():
            await asyncio.shield(asyncio.to_thread(_stop_and_wait, stop, thread))


def _stop_and_wait(stop: Callable[[], object], thread: threading.Thread) -> None:
    stop()
    thread.join(LEAVE_S)


class BackgroundEvents:
    """Events from another thread that Ctrl-C can interrupt at once.

    LangGraph itself delays an interrupt until the current step is finished. Here the caller
    can keep waiting after the interrupt, or leave the thread behind.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._arrived: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self.is_over = False
        """Whether the stream has ended."""
        _start_thread(events, self._arrived.put)

    def next(self, deadline: float | None = None) -> Event | None:
        """Wait for the next event; None at the end of the stream or at ``deadline``.

        ``deadline`` is a time of the monotonic clock. Raises what producing the events raises.
        """
        while deadline is None or time.monotonic() < deadline:
            try:
                item = self._arrived.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            self.is_over = item is None
            return item
        return None


def interruptible(
    chunks: Iterator[_Chunk], leave: Callable[[], object]
) -> Generator[_Chunk, None, None]:
    """Yield what ``chunks`` yields, each when it is asked for; Ctrl-C and closing call ``leave``.

    LangGraph delays an interrupt until the current step is finished, which may take minutes.
    So the chunks are produced in another thread, if this is the one that Ctrl-C interrupts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield from chunks
        return
    asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
    arrived: queue.SimpleQueue[tuple[_Chunk] | BaseException | None] = queue.SimpleQueue()

    def produce() -> None:
        end = None
        try:
            while asked.get():
                arrived.put((next(chunks),))
            if isinstance(chunks, Generator):
                chunks.close()
        except StopIteration:
            pass
        except BaseException as error:
            end = error
        arrived.put(end)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(produce,), daemon=True).start()
    try:
        asked.put(True)
        while (item := _wait_for(arrived)) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
            asked.put(True)
    except (GeneratorExit, KeyboardInterrupt):
        leave()
        asked.put(False)
        with contextlib.suppress(queue.Empty):
            while isinstance(arrived.get(timeout=LEAVE_S), tuple):
                pass
        raise


def _wait_for(arrived: queue.SimpleQueue[_Chunk]) -> _Chunk:
    while True:
        with contextlib.suppress(queue.Empty):
            return arrived.get(timeout=POLL_S)
