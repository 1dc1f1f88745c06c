"""A graph of three nodes without model or sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.constants import END, START
from langgraph.graph import StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    request: str
    attempts: list[Any]
    decision: str | None
    success: bool
    code: str


def build(saver: Any, before_execute: Callable[[], None] = lambda: None) -> Any:
    """Build the graph; ``before_execute`` is called in its second node."""

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
