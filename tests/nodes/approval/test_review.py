"""When a person is asked before code runs, and what the question holds."""

from __future__ import annotations

import json

from graph_agent.context import RunView
from graph_agent.records import Attempt
from nodes.approval.review import approval_request, reviewed

FIRST = Attempt(number=1, code="x = 1\ny = 2\n")
SECOND = Attempt(number=2, code="x = 1\ny = 3\n")


def test_the_request_is_json_and_shows_what_changed() -> None:
    first = approval_request([FIRST], [])
    assert (first.code, first.diff) == (FIRST.code, "")
    assert first.reasons == ["every run needs approval"]
    second = approval_request([FIRST, SECOND], ["line 1: it uses eval"])
    assert second.attempt == 2
    assert "--- attempt 1\n+++ attempt 2" in second.diff
    assert "-y = 2\n+y = 3" in second.diff
    assert json.loads(json.dumps(second.to_state())) == second.to_state()


def test_no_person_is_asked_without_need() -> None:
    assert reviewed(RunView({"attempts": [FIRST.to_state()], "approve": "risky"})) == FIRST
