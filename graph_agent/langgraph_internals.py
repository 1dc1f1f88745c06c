"""Everything of LangGraph that this project uses and LangGraph doesn't document.

Each name has a test, so that an upgrade that renames it fails there.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.types import INTERRUPT
from langgraph.constants import START

if TYPE_CHECKING:
    from langgraph.runtime import RunControl, Runtime
    from langgraph.utils.runnable import RunnableCallable  # type: ignore[attr-defined]  # no __all__

__all__ = [
    "SYNC_DURABILITY",
    "continue_ids_after",
    "first_id_at",
    "input_values",
    "is_checkpointed",
    "is_inside_a_node",
    "is_nested",
    "parent_control",
    "questions_in",
    "sync_and_async",
    "waits_for_answer",
]

SYNC_DURABILITY: RunnableConfig = {"configurable": {"__pregel_durability": "sync"}}
"""Config that has each step on disk before the next one starts; the default may lose a step."""


def is_checkpointed(config: RunnableConfig) -> bool:
    """Return whether the run that has this config can be resumed."""
    return config.get("configurable", {}).get("__pregel_checkpointer") is not None


def is_nested(checkpoint_ns: str) -> bool:
    """Return whether a node with this namespace is in a graph that another one runs."""
    return "|" in checkpoint_ns


def is_inside_a_node(config: RunnableConfig) -> bool:
    """Return whether a call with this config comes from a node of another graph."""
    return bool(config.get("configurable", {}).get("checkpoint_ns"))


def parent_control(config: RunnableConfig) -> RunControl | None:
    """Return the control of the graph that runs the one with this config as its subgraph."""
    runtime: Runtime[Any] | None = config.get("configurable", {}).get("__pregel_runtime")
    return None if runtime is None else runtime.control


def input_values(channels: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a run's input if no step has read it yet: until then it has a channel of its own."""
    values: Mapping[str, Any] = channels.get(START, {})
    return values


def first_id_at(time: datetime) -> str:
    """Return the lowest id that a checkpoint saved at this time could have (a UUID, version 6)."""
    since_1582 = int(time.timestamp() * 10_000_000) + 0x01B21DD213814000  # in 100 ns
    return str(uuid.UUID(int=since_1582 >> 12 << 80 | 6 << 76 | (since_1582 & 0xFFF) << 64))


def continue_ids_after(checkpoint_id: str) -> None:
    """Make this process's next checkpoint ids higher than this one, whatever the clock says.

    The latest checkpoint is the one with the highest id, and ids begin with the time. If the clock
    was set back since, what a resumed run saves would never be the latest.
    """
    from langgraph.checkpoint.base import id as ids

    with contextlib.suppress(ValueError):  # another program's ids
        found = ids.UUID(checkpoint_id)
        if found.version == 6:
            last: int = ids._last_v6_timestamp or 0
            vars(ids)["_last_v6_timestamp"] = max(last, found.time)


def waits_for_answer(pending_writes: Sequence[tuple[str, str, Any]] | None) -> bool:
    """Return whether a checkpoint's pending writes hold an interrupt."""
    return any(channel == INTERRUPT for _, channel, _ in pending_writes or ())


def questions_in(pending_writes: Sequence[tuple[str, str, Any]] | None) -> list[Any]:
    """Return the values of the interrupts that a checkpoint's pending writes hold."""
    held = [value for _, channel, value in pending_writes or () if channel == INTERRUPT]
    return [interrupt.value for interrupts in held for interrupt in interrupts]


def sync_and_async(
    node: Callable[..., Any], anode: Callable[..., Awaitable[Any]], name: str
) -> RunnableCallable:
    """Make one node of a function for ``invoke`` and one for ``ainvoke``.

    LangGraph reads from the signature of ``node`` what to pass.
    """
    from langgraph.utils.runnable import RunnableCallable  # type: ignore[attr-defined]  # as above

    return RunnableCallable(node, anode, name=name, trace=False)
