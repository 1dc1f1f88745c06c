"""The rules on types: those the request gives, and those its words imply."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.records import Attempt, ExecutionRecord, ValueReference
from tests.nodes.rules.applying import findings


def found(request: str, kind: str, mismatch: str = "", **state: Any) -> list[tuple[str, bool]]:
    value = ValueReference(
        name="answer", type=kind, codec="c", sha256="0", summary="", mismatch=mismatch
    )
    record = ExecutionRecord(outcome="ok", variables=[value])
    attempt = Attempt(number=1, code="answer = 1", execution=record)
    listed = findings(attempt, request=request, **state)
    return [(finding.rule, finding.decisive) for finding in listed]


def test_another_type_is_a_failure_even_if_checks_passed() -> None:
    wrong = found("Is it?", "float", "is a float, not a bool", checks="assert 1")
    assert ("wrong_type", True) in wrong
    assert found("Is it?", "bool") == []


@pytest.mark.parametrize(
    ("request_text", "kind"),
    [
        ("Is the mean tip of smokers higher than that of others?", "float"),
        ("Do all employees have a manager?", "int"),
        ("Look at the table. Are there any duplicates?", "str"),
        ("Tell me, does column a contain zeros?", "numpy.float64"),
        ("How many customers bought twice?", "float"),
        ("How many different days are there?", "str"),
        ("List the three largest orders", "float"),
    ],
)
def test_a_type_that_does_not_fit_the_words(request_text: str, kind: str) -> None:
    assert found(request_text, kind) == [("unlikely_type", False)]


@pytest.mark.parametrize(
    ("request_text", "kind"),
    [
        ("Is the mean tip of smokers higher than that of others?", "numpy.bool"),
        ("Is the mean or the median higher?", "str"),
        ("How many customers bought twice?", "numpy.int64"),
        ("How many orders does each customer have?", "float"),
        ("How many tips per day on average?", "float"),
        ("Which day has the highest mean tip?", "str"),
        ("What is the mean tip?", "float"),
        ("Is it so? Give the share of smokers", "float"),
        ("List the three largest orders", "list"),
        ("Are there duplicates?", "pandas.DataFrame"),
    ],
)
def test_a_type_that_may_be_meant(request_text: str, kind: str) -> None:
    assert found(request_text, kind) == []
