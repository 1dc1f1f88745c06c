"""The figures of an evaluation."""

from __future__ import annotations

from typing import Any

from graph_agent.evaluation.journal import Answered, Tried
from graph_agent.evaluation.summary import summarized
from tests.graph_agent.evaluation.test_journal import SETUP, answered


def tried(number: int, **more: Any) -> Tried:
    """Make an attempt."""
    fields = {"outcome": "ok", "success": True, "right": True, **more}
    return Tried(number=number, **fields)


def two_attempts(id_: str, **more: Any) -> Answered:
    """Make a question that was right at the second attempt."""
    attempts = [tried(1, success=False, right=False), tried(2)]
    return answered(id_, attempts=attempts, **more)


def test_verdicts_attempts_and_categories() -> None:
    results = [
        answered("a", seconds=1.0),
        two_attempts("b", category="other", seconds=3.0),
        answered("c", right=False, seconds=2.0),
        answered("d", solved=False, right=True, seconds=9.0),
        answered("e", solved=False, attempts=[], problem="blocked", seconds=0.0),
    ]
    found = summarized(SETUP, results)
    assert [found[name]["count"] for name in ("right", "silently_wrong", "reported_as_failed")] == [
        2,
        1,
        2,
    ]
    assert {number: at["count"] for number, at in found["right_at"].items()} == {
        "1": 1,
        "2": 2,
        "3": 2,
    }
    assert found["right_but_reported_as_failed"] == 1
    assert found["without_an_answer"] == 1
    assert found["outcomes"] == {"ok": 4, "no answer": 1}
    assert found["seconds"] == {"median": 2.0, "total": 15.0}
    assert found["categories"]["other"]["right"]["count"] == 1
    assert found["right"]["share"] == 0.4
    assert found["right"]["low"] < 0.4 < found["right"]["high"]


def test_agreement_against_correctness() -> None:
    results = [
        answered("a", attempts=[tried(1, agreement=(3, 3))]),
        answered("b", attempts=[tried(1, agreement=(2, 2), right=False)]),
        answered("c", attempts=[tried(1, agreement=(3, 5))]),
    ]
    rows = summarized(SETUP, results)["agreement"]
    shown = [
        (row["agreeing"], row["run"], row["right"]["count"], row["right"]["of"]) for row in rows
    ]
    assert shown == [("all", "all", 1, 2), (3, 3, 1, 1), (2, 2, 0, 1), (3, 5, 1, 1)]


def test_what_it_took() -> None:
    results = [answered("a", cost=0.5, calls=2, input_tokens=10), answered("b", cost=0.25)]
    found = summarized(SETUP, results)
    assert (found["cost"], found["calls"], found["input_tokens"]) == (0.75, 2, 10)
    assert summarized(SETUP, [*results, answered("c")])["cost"] is None


def test_nothing_answered_yet() -> None:
    found = summarized(SETUP, [])
    assert found["right"]["share"] is None
    assert found["seconds"]["median"] is None
