"""Events for an event loop, drawn in a thread so that the loop stays free."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Iterable

from graph_agent.events import Event


async def drawn_aside(
    events: Iterable[Event], stop: Callable[[], object]
) -> AsyncGenerator[Event, None]:
    """Yield what another thread draws, and raise what it raises.

    ``stop`` ends the drawing when whoever listens goes away; it may block.
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Event | BaseException | None]()

    def draw() -> None:
        last: BaseException | None = None
        try:
            for event in events:
                loop.call_soon_threadsafe(arrived.put_nowait, event)
        except BaseException as error:
            last = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
            loop.call_soon_threadsafe(arrived.put_nowait, last)

    thread = threading.Thread(target=draw, name="codegen-workflow", daemon=True)
    thread.start()
    try:
        while (one := await arrived.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        if thread.is_alive():
            await asyncio.shield(asyncio.to_thread(stop))
