"""What a person is asked, and what counts as an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graph_agent.errors import RequestError
from graph_agent.records import Attempt
from nodes.approval import ApprovalAnswer, approval_request, reviewed

FIRST = Attempt(number=1, code="x = 1\ny = 2\n")
SECOND = Attempt(number=2, code="x = 1\ny = 3\n")


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ("approve", "approve"),
        (" Reject\n", "reject"),
        (True, "approve"),
        (False, "reject"),
        ({"decision": "reject", "words": "No."}, "reject"),
        ({"decision": "edit", "code": "x = 2"}, "edit"),
        (ApprovalAnswer(decision="approve"), "approve"),
    ],
)
def test_what_counts_as_an_answer(answer: Any, decision: str) -> None:
    assert ApprovalAnswer.read(answer).decision == decision


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("maybe", "'approve', 'edit' or 'reject'"),
        ("edit", "edit needs the code"),
        ({"decision": "edit", "code": "  "}, "edit needs the code"),
        ({"decision": "edit", "code": "x = ("}, r"does not parse: .* \(line 1\)"),
        ({"decision": "edit", "code": "# nothing"}, "no statement"),
        ({"decision": "approve", "code": "x = 2"}, "code goes with the decision 'edit'"),
        ({"decision": "approve", "comment": "?"}, "'comment': extra inputs|'comment': Extra"),
        ({}, "'decision'"),
        (7, "answer 'approve' or 'reject'"),
        (None, "answer 'approve' or 'reject'"),
    ],
)
def test_what_does_not(answer: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says) as raised:
        ApprovalAnswer.read(answer)
    assert "\n" not in str(raised.value)


def test_the_request_is_json_and_shows_what_changed() -> None:
    first = approval_request([FIRST], [])
    assert (first.code, first.diff) == (FIRST.code, "")
    assert first.reasons == ["every run is to be approved"]
    second = approval_request([FIRST, SECOND], ["line 1: it uses eval"])
    assert second.attempt == 2
    assert "--- attempt 1\n+++ attempt 2" in second.diff
    assert "-y = 2\n+y = 3" in second.diff
    assert json.loads(json.dumps(second.to_state())) == second.to_state()


def test_nobody_is_asked_who_need_not_be() -> None:
    assert reviewed({}, [FIRST]) is FIRST
    assert reviewed({"approve": "never"}, [Attempt(number=1, code="eval('1')")]).review is None
    assert reviewed({"approve": "risky"}, [FIRST]) is FIRST
