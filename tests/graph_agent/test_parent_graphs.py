"""A graph of the user's with ours as a node: what it passes, and what it gets."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from graph_agent import CodeGenerationRequest, RequestError, build_graph
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict

CODE = "total = int(df['a'].sum())"


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


class Bare(TypedDict, total=False):
    request: str
    success: bool
    reason: str | None


class Full(Bare, total=False):
    variables: Any
    summaries: Any


def parent(kind: Any, sandbox: OneContainer, *codes: str, good: bool = True) -> Any:
    model = ScriptedModel(
        codes=[fenced(code) for code in codes],
        verdicts=[verdict(good, retry=False, why="Not the sum.")] * 3,
    )
    graph = StateGraph(kind)
    graph.add_node("agent", build_graph(model, sandbox=sandbox))
    graph.add_edge(START, "agent")
    graph.add_edge("agent", END)
    return graph.compile()


def given() -> dict[str, Any]:
    return {**CodeGenerationRequest("Sum of a", {"df": pd.DataFrame({"a": [1, 2]})}).to_input()}


def test_variables_pass_through_the_parents_state(sandbox: OneContainer) -> None:
    out = parent(Full, sandbox, CODE).invoke(given())
    assert (out["success"], out["reason"]) == (True, None)


def test_a_state_without_variables_is_a_run_without_any(sandbox: OneContainer) -> None:
    out = parent(Bare, sandbox, "total = 3").invoke({"request": "Give 3"})
    assert (out["success"], out["reason"]) == (True, None)
    out = parent(Full, sandbox, "total = 3").invoke({"request": "Give 3", "variables": None})
    assert out["success"]


def test_variables_that_the_parent_drops_are_named_in_the_reason(sandbox: OneContainer) -> None:
    codes = [CODE, f"{CODE} + 0", f"{CODE} + 1"]
    out = parent(Bare, sandbox, *codes, good=False).invoke(given())
    assert out["success"] is False
    assert "the name 'df'" in out["reason"]
    assert "needs `variables` and `summaries`" in out["reason"]


def test_no_success_has_a_reason(sandbox: OneContainer) -> None:
    out = parent(Full, sandbox, CODE, good=False).invoke(given())
    assert (out["success"], out["reason"]) == (False, "Not the sum.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"df": [1, 2]},
        [1],
        "df",
        pd.DataFrame({"a": [1]}),
        {"df": pd.DataFrame({"a": [1]})},
    ],
    ids=["values", "list", "text", "frame", "frames"],
)
def test_variables_of_a_wrong_shape_are_refused(sandbox: OneContainer, wrong: Any) -> None:
    with pytest.raises(RequestError, match="variables.*to_input"):
        parent(Full, sandbox, CODE).invoke({"request": "Sum of a", "variables": wrong})
