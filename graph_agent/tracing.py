"""Traces that obey the request's privacy level.

LangSmith, and OpenTelemetry through it, are switched on by their own variables;
LangChain then reports the inputs and outputs of everything that runs, which are
the whole state. Before each call this graph puts a guard in front of the tracers'
clients: what runs inside the graph is bounded there, anything else is left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateUpdate

from graph_agent.privacy import strictest
from graph_agent.traced_runs import LEVEL_KEY, permitted_run

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.tracers.langchain import LangChainTracer
    from langsmith import Client

__all__ = ["privately_traced"]

AnyGraph = CompiledStateGraph[Any, Any, Any, Any]


def privately_traced(graph: AnyGraph) -> AnyGraph:
    """Return the graph with a guard in front of whatever traces it."""
    # As LangGraph's own copy() does it.
    return _PrivatelyTraced(**{k: v for k, v in vars(graph).items() if k != "__orig_class__"})


class _PrivatelyTraced(CompiledStateGraph[Any, Any, Any, Any]):
    """A compiled graph; all that runs its nodes or writers goes through these methods."""

    def stream(
        self,
        input: Any,  # noqa: A002  # LangGraph's name for it
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> Iterator[Any]:
        if tracers := _tracers(self.config, config):
            given = _given_levels(input, options.get("context"))
            saved = None if _says_level(input) else _level_of(self._saved(config))
            config = _guarded(config, self.config, tracers, [*given, saved])
        yield from super().stream(input, config, **options)

    async def astream(
        self,
        input: Any,  # noqa: A002  # LangGraph's name for it
        config: RunnableConfig | None = None,
        **options: Any,
    ) -> AsyncIterator[Any]:
        if tracers := _tracers(self.config, config):
            given = _given_levels(input, options.get("context"))
            saved = None if _says_level(input) else _level_of(await self._asaved(config))
            config = _guarded(config, self.config, tracers, [*given, saved])
        async for chunk in super().astream(input, config, **options):
            yield chunk

    def bulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        if tracers := _tracers(self.config, config):
            given = [_level_of(one.values) for step in supersteps for one in step]
            config = _guarded(
                config, self.config, tracers, [*given, _level_of(self._saved(config))]
            )
        return super().bulk_update_state(config, supersteps)

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        if tracers := _tracers(self.config, config):
            given = [_level_of(one.values) for step in supersteps for one in step]
            config = _guarded(
                config, self.config, tracers, [*given, _level_of(await self._asaved(config))]
            )
        return await super().abulk_update_state(config, supersteps)

    def _saved(self, config: RunnableConfig | None) -> object:
        try:
            return self.get_state(config or {}).values
        except Exception:  # no checkpointer, no thread, or what the run itself will tell
            return None

    async def _asaved(self, config: RunnableConfig | None) -> object:
        try:
            return (await self.aget_state(config or {})).values
        except Exception:  # as above
            return None


class _Guard:
    """A LangSmith client that sends of this graph's runs only what their level permits."""

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
    """Find a call's tracers: given, of a run around it, or else the one the variables ask for."""
    from langchain_core.callbacks import CallbackManager
    from langchain_core.tracers.langchain import LangChainTracer

    given = _handlers(ensure_config(), *configs)
    # LangChain itself knows when its variables and contexts ask for one.
    found = [one for one in given if isinstance(one, LangChainTracer)] or [
        one for one in CallbackManager.configure().handlers if isinstance(one, LangChainTracer)
    ]
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
    """Make every run's metadata tell the level, and add the tracers that are not there yet."""
    there = _handlers(ensure_config(), bound, config)
    missing = [one for one in tracers if one not in there]
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


def _says_level(given: object) -> bool:
    return isinstance(given, Mapping) and given.get("privacy") is not None


def _level_of(holder: object) -> object:
    if isinstance(holder, Mapping):
        return holder.get("privacy")
    return getattr(holder, "privacy", None)
