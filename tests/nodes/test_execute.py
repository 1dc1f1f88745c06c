"""What execute hands to the sandbox, and the update it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime

from graph_agent.langgraph_internals import sync_and_async
from graph_agent.models import CallLog
from graph_agent.records import Attempt
from graph_agent.state import AgentState
from nodes.dependencies import Dependencies
from nodes.execute import aexecute, execute
from sandbox import Execution, VariableStore
from tests.benchmarks.instant import InstantSandbox


class Recording(InstantSandbox):
    """Records what it is asked to run, and prints."""

    def __init__(self) -> None:
        super().__init__({"total": (42, b"42")})
        self.asked: list[dict[str, Any]] = []

    def run(self, *args: Any, **options: Any) -> Execution:
        self.asked.append({"args": args, **options})
        options["on_output"]("stdout", "up\n")
        return super().run(*args)


@pytest.fixture
def sandbox() -> Recording:
    return Recording()


@pytest.fixture
def graph(sandbox: Recording, tmp_path: Path) -> Any:
    made = Dependencies(
        client=lambda _: pytest.fail("no model is needed"),
        sandbox=sandbox,  # type: ignore[arg-type]  # nothing stops it
        store=VariableStore(tmp_path / "variables"),
        calls=CallLog(tmp_path / "calls"),
    )

    def run(state: AgentState, config: RunnableConfig, runtime: Runtime[Any]) -> Any:
        return execute(state, config, runtime, dependencies=made)

    async def arun(state: AgentState, config: RunnableConfig, runtime: Runtime[Any]) -> Any:
        return await aexecute(state, config, runtime, dependencies=made)

    node = sync_and_async(run, arun, "execute")
    return StateGraph(AgentState).add_node("execute", node).add_edge(START, "execute").compile()


def state(**more: Any) -> dict[str, Any]:
    attempt = Attempt(number=1, code="total = 42", **more)
    return {
        "request": "Add it up",
        "attempts": [attempt.to_state()],
        "returns": ["total"],
        "checks": "assert total",
        "spent_s": 1.0,
    }


async def test_both_forms_run_the_code_and_record_the_result(
    graph: Any, sandbox: Recording
) -> None:
    for output in (graph.invoke(state()), await graph.ainvoke(state())):
        [attempt] = output["attempts"]
        assert attempt["execution"]["outcome"] == "ok"
        assert [value["name"] for value in attempt["execution"]["variables"]] == ["total"]
        assert output["spent_s"] > 1.0
    for asked in sandbox.asked:
        assert asked["args"] == ("total = 42", None, ["total"])
        assert asked["checks"] == "assert total"
        assert asked["task"]


def test_output_is_streamed_as_it_comes(graph: Any) -> None:
    chunks = list(graph.stream(state(), stream_mode="custom"))
    assert chunks == [{"event": "output", "stream": "stdout", "text": "up\n"}]


def test_at_a_strict_level_the_record_shows_no_value(graph: Any) -> None:
    output = graph.invoke({**state(), "privacy": "schema"})
    [value] = output["attempts"][0]["execution"]["variables"]
    assert "42" not in value["summary"]
