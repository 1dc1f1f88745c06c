"""The sums of a batch."""

from __future__ import annotations

from graph_agent.batch.totals import Totals
from tests.graph_agent.batch.test_journal import result, unfinished

FOUND = [
    result("a", calls=2, input_tokens=10, output_tokens=5, seconds=1.5, attempts=1, cost=0.25),
    result("b", calls=1, input_tokens=1, output_tokens=1, attempts=2, execution="error"),
    result("c", success=False, execution=None, attempts=1, cached_calls=1, cost=0.5),
    unfinished("d"),
    unfinished("e", "waiting"),
]


def test_sums() -> None:
    totals = Totals.of(7, FOUND)
    assert (totals.done, totals.open) == (3, 2)
    assert totals.to_json() == {
        "requests": 7,
        "solved": 2,
        "not_solved": 1,
        "unfinished": {"environment": 1, "input": 0, "waiting": 1},
        "open": 2,
        "executions": {"ok": 1, "error": 1, "not run": 1},
        "attempts": 4,
        "calls": 3,
        "cached_calls": 1,
        "input_tokens": 11,
        "output_tokens": 6,
        "seconds": 1.5,
        "cost": 0.75,
    }


def test_a_cost_nobody_knows_is_none() -> None:
    assert Totals.of(1, [result("a")]).to_json()["cost"] is None
