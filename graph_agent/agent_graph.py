"""The compiled graph: it completes what it is asked, and works alone on a thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Self

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph.state import CompiledStateGraph

from graph_agent.checkpoints.saver_locks import aplace_of, lock_at, place_of
from graph_agent.errors import ThreadError
from graph_agent.langgraph_internals import is_inside_a_node
from graph_agent.tracing.guard import PrivatelyTraced

__all__ = ["AgentGraph", "with_request_defaults"]

PER_REQUEST: Mapping[str, Any] = {
    "checks": None,
    "returns": None,
    "return_types": {},
    "skip_rules": [],
}
"""Fields that belong to one request: a later message of the thread isn't judged by them."""
CLOSING_S = 1.0
"""How long an asynchronous call waits for a thread: an earlier call whose stream was left may
still be closing, which only the event loop can do."""
_POLL_S = 0.05


def with_request_defaults(given: object) -> object:
    """Complete a graph's input that asks something new; all other input is returned unchanged."""
    if not isinstance(given, dict) or not {"request", "messages"} & given.keys():
        return given
    defaults = {"decision": None}
    if given.get("messages"):
        defaults |= PER_REQUEST
    return {**defaults, **given}


class AgentGraph(PrivatelyTraced):
    """A graph whose runs lock their threads in the database of the saver it was built with.

    ``locked_in``: that saver; None: the caller or a server sees to it. A server gives the graph a
    saver of its own, and a graph that runs this one in a node has locked the thread, or hasn't.
    """

    def __init__(
        self, *, locked_in: BaseCheckpointSaver[Any] | None = None, **attributes: Any
    ) -> None:
        super().__init__(**attributes)
        self.locked_in = locked_in

    @classmethod
    def of(
        cls, graph: CompiledStateGraph[Any, Any, Any, Any], saver: BaseCheckpointSaver[Any] | None
    ) -> Self:
        """Make one of a compiled graph."""
        # The same way as LangGraph's own copy().
        attributes = {name: value for name, value in vars(graph).items() if name != _GENERIC}
        return cls(locked_in=saver, **attributes)

    def stream(
        self,
        input: Any,  # noqa: A002  # LangGraph's name for it
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> Iterator[Any]:
        """Run alone on the thread.

        Raises:
            ThreadError: another call works on it, in this process or another one.
        """
        thread = self._thread(config)
        place = None if thread is None else place_of(self.locked_in)
        with contextlib.ExitStack() as held:
            if thread is not None and place is not None:
                held.enter_context(lock_at(place, thread))
            yield from super().stream(with_request_defaults(input), config, **options)

    async def astream(
        self,
        input: Any,  # noqa: A002  # as above
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> AsyncIterator[Any]:
        """Run alone on the thread.

        Raises:
            ThreadError: another call works on it, in this process or another one.
        """
        thread = self._thread(config)
        place = None if thread is None else await aplace_of(self.locked_in)
        async with contextlib.AsyncExitStack() as held:
            if thread is not None and place is not None:
                lock = await _locked(place, thread)
                held.push_async_callback(asyncio.to_thread, lock.close)
            async for chunk in super().astream(with_request_defaults(input), config, **options):
                yield chunk

    def _thread(self, config: RunnableConfig | None) -> str | None:
        """Return the thread to lock; None if it isn't this call's business."""
        if self.locked_in is None or self.checkpointer is not self.locked_in:
            return None
        merged = ensure_config(config)
        if is_inside_a_node(merged):
            return None
        found = {**(self.config or {}).get("configurable", {}), **merged.get("configurable", {})}
        thread = found.get("thread_id")
        return None if thread is None else str(thread)


_GENERIC = "__orig_class__"


async def _locked(place: Any, thread: str) -> contextlib.ExitStack:
    """Lock a thread without blocking the event loop."""
    deadline = asyncio.get_running_loop().time() + CLOSING_S
    while True:
        held = contextlib.ExitStack()
        try:
            await asyncio.to_thread(held.enter_context, lock_at(place, thread))
        except ThreadError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_POLL_S)
        else:
            return held
