"""What the graph costs around model and sandbox, beside a bare LangGraph graph of four no-ops."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from typing_extensions import TypedDict

from graph_agent import CodeGenerationRequest, build_graph
from graph_agent.checkpoints import open_saver
from sandbox import VariableStore
from tests.benchmarks.instant import InstantModel, InstantSandbox
from tests.benchmarks.measuring import Findings, Scale, at_most, interleaved, timed

GOAL = 2.0
BARE, CALLING = "bare graph of four no-ops", "bare graph, two of four nodes call the model"
BOUND = (
    "two calls of a chat model that answers at once, through LangChain's layers (next row), what"
    " LangGraph does at each step for the state's 20 channels, where the bare graph has one, the"
    " prompts, and records checked by pydantic where a node reads or writes the state"
)


class State(TypedDict):
    """The state of a bare graph."""

    number: int


def measure(scale: Scale) -> Findings:
    """Measure one solved attempt with a model and a sandbox that take no time."""
    findings = Findings()
    for what in ("no checkpointer", "SQLite"):
        samples = _measure(with_saver=what == "SQLite", rounds=scale.of(20 * scale.repetitions, 2))
        findings.samples |= {f"{what}, {name}": times for name, times in samples.items()}
        row = f"graph, four nodes, {what}"
        findings.rows += [
            at_most(row, samples, "ours", BARE, GOAL, BOUND),
            at_most(row, samples, "ours", CALLING),
        ]
    return findings


def _measure(*, with_saver: bool, rounds: int) -> dict[str, list[float]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codegen-agent-")))

        def saver(name: str) -> Any:
            return stack.enter_context(open_saver(folder / name)) if with_saver else None

        contenders = {
            "ours": ours(VariableStore(folder / "variables"), saver("ours")),
            BARE: bare(saver("bare")),
            CALLING: bare(saver("calling"), InstantModel()),
        }
        return interleaved(contenders, rounds)


def ours(store: VariableStore, saver: Any) -> Callable[[], float]:
    """Run our graph, once from generate to decide."""
    graph = build_graph(InstantModel(), saver, sandbox=InstantSandbox(), store=store)
    return runs_of(graph, CodeGenerationRequest("Count to one").to_input(store))


def bare(saver: Any, model: BaseChatModel | None = None) -> Callable[[], float]:
    """Run a graph that does nothing four times, but for calls of a model if there is one."""

    def nothing(state: State) -> State:
        return {"number": state["number"]}

    def call(state: State) -> State:
        assert model
        model.invoke("Count to one")
        return nothing(state)

    graph = StateGraph(State)
    names = [START, "generate", "execute", "analyze", "decide", END]
    for name in names[1:-1]:
        graph.add_node(name, call if model and name in ("generate", "analyze") else nothing)
    for first, second in pairwise(names):
        graph.add_edge(first, second)
    # Ours has every step on disk before the next; without a saver there is nothing to say.
    durability = {"durability": "sync"} if saver else {}
    return runs_of(graph.compile(checkpointer=saver), {"number": 1}, **durability)


def runs_of(graph: Any, given: Any, **options: Any) -> Callable[[], float]:
    """Invoke a graph on a new thread each time."""
    numbers = count()
    return timed(
        lambda: graph.invoke(given, {"configurable": {"thread_id": str(next(numbers))}}, **options)
    )
