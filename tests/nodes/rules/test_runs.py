"""The rules, each on what it must and must not say."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.records import (
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    ValueReference,
)
from graph_agent.state import AgentState
from nodes.rules import find
from nodes.rules.runs import asks_for_figure

VALUE = ValueReference(name="x", type="int", codec="c", sha256="0", summary="x: int")
FIGURE = FigureReference(sha256="0", mime="image/png", width=1, height=1)
ERROR = ErrorRecord(name="KeyError", message="'day'", traceback="…", line=3)


def rules(state: dict[str, Any] | None = None, **execution: Any) -> list[str]:
    record = ExecutionRecord(outcome=execution.pop("outcome", "ok"), **execution)
    asked: AgentState = {"request": "Add it up", **(state or {})}  # type: ignore[typeddict-item]
    return [one.rule for one in find(Attempt(number=1, code="x", execution=record), asked)]


def test_a_good_run_has_no_finding() -> None:
    assert rules(variables=[VALUE]) == []
    assert rules(stdout="42\n") == []
    assert rules(display_text="42") == []


def test_a_warning_is_no_finding() -> None:
    assert rules(variables=[VALUE], stderr="FutureWarning: observed=False is deprecated") == []


def test_each_rule_speaks() -> None:
    assert rules(outcome="error", error=ERROR) == ["outcome"]
    assert rules(outcome="timeout", detail="still running after 60 s") == ["outcome"]
    assert rules(variables=[VALUE], check_error=ERROR) == ["checks"]
    assert rules({"returns": ["x", "y"]}, variables=[VALUE]) == ["missing_return"]
    assert rules({"request": "Plot it"}, variables=[VALUE]) == ["no_figure"]
    assert rules({"request": "Plot it"}, figures=[FIGURE]) == []
    assert rules() == ["empty_result"]


def test_the_message_of_an_error_names_its_line() -> None:
    record = ExecutionRecord(outcome="error", error=ERROR)
    found = find(Attempt(number=1, code="x", execution=record), {"request": "r"})
    assert found[0].message == "The code raised KeyError in line 3: 'day'."
    assert found[0].decisive


def test_code_that_was_not_run_has_only_that_finding() -> None:
    found = find(
        Attempt(number=1, code="x (", problem="the code does not parse"), {"request": "plot"}
    )
    assert [one.rule for one in found] == ["not_run"]


@pytest.mark.parametrize(
    "request_text",
    [
        "plot tips by day",
        "create a pivot table, and visualize with a heatmap",
        "Draw a bar chart of counts",
        "show a scatter plot",
        "Histogram of ages, please",
        "a figure with two panels",
    ],
)
def test_a_picture_is_asked_for(request_text: str) -> None:
    assert asks_for_figure(request_text)


@pytest.mark.parametrize(
    "request_text",
    [
        "average tip by day",
        "no plot, only the table",
        "Count rows without drawing a chart",
        "what is the plotted_on column's most common value",
        "sum of the graph's edge weights",
        "the table only; do not make any figures",
    ],
)
def test_no_picture_is_asked_for(request_text: str) -> None:
    assert not asks_for_figure(request_text)
