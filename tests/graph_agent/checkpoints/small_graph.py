"""A graph of three nodes without model or sandbox, and a way to save one checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from typing_extensions import TypedDict

from graph_agent.checkpoints import open_saver

THREAD: Any = {"configurable": {"thread_id": "t"}}


class State(TypedDict, total=False):
    request: str
    attempts: list[Any]
    decision: str | None
    success: bool
    code: str


def build(saver: Any, before_execute: Callable[[], None] = lambda: None) -> Any:
    """Build it; ``before_execute`` is called in its second node."""

    def generate(_: State) -> State:
        return {"attempts": [{"number": 1, "code": "x = 1"}], "decision": None}

    def execute(_: State) -> State:
        before_execute()
        return {"attempts": [{"number": 1, "code": "x = 1", "execution": {}}]}

    def decide(_: State) -> State:
        return {"decision": "done", "success": True, "code": "x = 1"}

    graph = StateGraph(State)
    for node in (generate, execute, decide):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "generate")
    graph.add_edge("generate", "execute")
    graph.add_edge("execute", "decide")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=saver)


def put(saver: BaseCheckpointSaver[str], thread: str, **values: object) -> None:
    """Save a checkpoint with these channel values."""
    versions: Any = dict.fromkeys(values, "1")
    checkpoint = empty_checkpoint() | {"channel_values": values, "channel_versions": versions}
    config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
    saver.put(config, checkpoint, {}, versions)  # type: ignore[arg-type]  # a TypedDict by |


def save(state_dir: Path, thread: str, **values: object) -> None:
    """Open the SQLite database of a state folder and save a checkpoint."""
    with open_saver(state_dir) as saver:
        put(saver, thread, **values)
