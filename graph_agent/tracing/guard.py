"""Traces that obey the request's privacy level.

LangSmith, and OpenTelemetry through it, are turned on by their own environment variables.
LangChain then reports the inputs and outputs of everything that runs, which here are the
whole state. Before each call, this graph puts a guard in front of the tracers' clients. It
filters the runs inside the graph and sends all others unchanged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateUpdate

from graph_agent.leaving import LeavableControl, reading
from graph_agent.records import strictest
from graph_agent.tracing.run_views import LEVEL_KEY, permitted_run

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.tracers.langchain import LangChainTracer
    from langsmith import Client

__all__ = ["PrivatelyTraced"]


class PrivatelyTraced(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph; everything that runs its nodes or writers calls these methods."""

    def stream(
        self,
        input: Any,  # noqa: A002  # LangGraph's name for it
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> Iterator[Any]:
        """Run with a guard in front of the tracers."""
        control = LeavableControl.of(options.get("control"), ensure_config(config))
        if tracers := _tracers(self.config, config):
            levels = _given_levels(input, options.get("context"))
            if not _has_level(input):
                levels.append(self._saved_level(config))
            config = _guarded(config, self.config, tracers, levels)
        chunks = super().stream(input, config, **{**options, "control": control})
        with reading(control, chunks) as current:
            for chunk in chunks:
                current.note()
                yield chunk

    async def astream(
        self,
        input: Any,  # noqa: A002  # LangGraph's name for it
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> AsyncIterator[Any]:
        """Run with a guard in front of the tracers."""
        if tracers := _tracers(self.config, config):
            levels = _given_levels(input, options.get("context"))
            if not _has_level(input):
                levels.append(await self._asaved_level(config))
            config = _guarded(config, self.config, tracers, levels)
        async for chunk in super().astream(input, config, **options):
            yield chunk

    def bulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """Update the state with a guard in front of the tracers."""
        if tracers := _tracers(self.config, config):
            levels = [*_update_levels(supersteps), self._saved_level(config)]
            config = _guarded(config, self.config, tracers, levels)
        return super().bulk_update_state(config, supersteps)

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """Update the state with a guard in front of the tracers."""
        if tracers := _tracers(self.config, config):
            levels = [*_update_levels(supersteps), await self._asaved_level(config)]
            config = _guarded(config, self.config, tracers, levels)
        return await super().abulk_update_state(config, supersteps)

    def _saved_level(self, config: RunnableConfig | None) -> object:
        try:
            return _level_of(self.get_state(config or {}).values)
        except Exception:  # no checkpointer, no thread, or an error that the run itself raises
            return None

    async def _asaved_level(self, config: RunnableConfig | None) -> object:
        try:
            return _level_of((await self.aget_state(config or {})).values)
        except Exception:  # as above
            return None


class _Guard:
    """A LangSmith client that sends only the permitted part of this graph's runs."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create_run(self, name: str, inputs: Any, run_type: Any, **rest: Any) -> None:
        run = permitted_run({"name": name, "inputs": inputs, "run_type": run_type, **rest})
        self._client.create_run(**run)

    def update_run(self, run_id: Any, **rest: Any) -> None:
        self._client.update_run(run_id, **permitted_run(rest))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _tracers(*configs: RunnableConfig | None) -> list[LangChainTracer]:
    """Return a call's tracers, guarded: given ones, or else that of the environment variables."""
    from langchain_core.callbacks import CallbackManager
    from langchain_core.tracers.langchain import LangChainTracer

    handlers = _handlers(ensure_config(), *configs)
    if not any(isinstance(handler, LangChainTracer) for handler in handlers):
        # LangChain decides whether its variables and contexts ask for a tracer.
        handlers = CallbackManager.configure().handlers
    found = [handler for handler in handlers if isinstance(handler, LangChainTracer)]
    for tracer in found:
        if not isinstance(tracer.client, _Guard):
            tracer.client = cast("Client", _Guard(tracer.client))
    return found


def _guarded(
    config: RunnableConfig | None,
    bound: RunnableConfig | None,
    tracers: list[LangChainTracer],
    levels: list[object],
) -> RunnableConfig:
    """Put the level into every run's metadata, and add the tracers that aren't there yet."""
    present = _handlers(ensure_config(), bound, config)
    missing = [tracer for tracer in tracers if tracer not in present]
    config = config or {}
    metadata = {**(config.get("metadata") or {}), LEVEL_KEY: strictest(levels)}
    callbacks = config.get("callbacks")
    if isinstance(callbacks, BaseCallbackManager):
        callbacks = callbacks.copy()
        for tracer in missing:
            callbacks.add_handler(tracer)
    else:
        callbacks = [*(callbacks or []), *missing]
    return {**config, "metadata": metadata, "callbacks": callbacks}


def _handlers(*configs: RunnableConfig | None) -> list[BaseCallbackHandler]:
    found: list[BaseCallbackHandler] = []
    for config in configs:
        callbacks = (config or {}).get("callbacks") or []
        if isinstance(callbacks, BaseCallbackManager):
            found += [*callbacks.handlers, *callbacks.inheritable_handlers]
        else:
            found += callbacks
    return found


def _given_levels(given: object, context: object) -> list[object]:
    update = given.update if isinstance(given, Command) else given
    return [_level_of(update), _level_of(context)]


def _update_levels(supersteps: Sequence[Sequence[StateUpdate]]) -> list[object]:
    return [_level_of(update.values) for step in supersteps for update in step]


def _has_level(given: object) -> bool:
    return isinstance(given, Mapping) and given.get("privacy") is not None


def _level_of(holder: object) -> object:
    if isinstance(holder, Mapping):
        return holder.get("privacy")
    return getattr(holder, "privacy", None)
