"""Where a run comes from, and how its transcript shows that."""

from __future__ import annotations

from typing import Any

from graph_agent.records import Analysis, Attempt
from graph_agent.results.origin import Origin
from graph_agent.results.transcript import render


def attempt(number: int, code: str, success: bool) -> dict[str, Any]:
    judged = Analysis(success=success, should_retry=False, explanation=f"Seen {number}.")
    return Attempt(number=number, code=code, analysis=judged).to_state()


def fork(**origin: Any) -> dict[str, Any]:
    return {
        "request": "Make y",
        "attempts": [attempt(1, "x = 1", True), attempt(2, "y = 2", True)],
        "success": True,
        "setup": {"forked_from": {"thread_id": "first", "attempt": 1, **origin}},
    }


def test_a_first_request_comes_from_nowhere() -> None:
    assert Origin.of({}) == Origin()


def test_attempts_kept_for_another_request_stand_under_their_own() -> None:
    shown = render(fork(request="Make *x*"))  # type: ignore[arg-type]  # more channels
    earlier, now = shown.index("**Earlier Request:** Make \\*x\\*"), shown.index("Make y")
    assert earlier < shown.index("x = 1") < now < shown.index("y = 2")
    assert "Forked from the run first, after attempt 1." in shown


def test_a_fork_with_the_same_request_lists_all_attempts_under_it() -> None:
    shown = render(fork())  # type: ignore[arg-type]  # more channels
    assert "Earlier Request" not in shown
    assert shown.index("Make y") < shown.index("x = 1")
    assert "before its first attempt" in render(fork(attempt=0, request="Make x"))  # type: ignore[arg-type]


def test_a_follow_up_names_the_request_before_it() -> None:
    asked = [{"request": "Older"}, {"request": "By day"}]
    origin = Origin.of({"setup": {"follows": "first"}, "earlier": asked})
    assert origin.sentence == "A follow-up to the run first: By day"
