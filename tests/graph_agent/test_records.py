"""Records: their JSON form, answers to an approval, and the strictest privacy level."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from graph_agent.errors import RequestError
from graph_agent.records import (
    ApprovalAnswer,
    Attempt,
    ExecutionRecord,
    Review,
    Usage,
    attempts_of,
    strictest,
    total_usage,
)


def test_a_record_survives_its_json_form() -> None:
    attempt = Attempt(number=1, code="x", review=Review(decision="edit", written="y"))
    assert Attempt.model_validate(attempt.to_state()) == attempt
    assert not attempt.succeeded


def test_a_record_is_frozen_and_has_no_unknown_field() -> None:
    with pytest.raises(ValidationError):
        Attempt(number=1, code="x").code = "y"
    with pytest.raises(ValidationError, match="other"):
        Attempt.model_validate({"number": 1, "code": "x", "other": 1})


def test_usage_adds_up() -> None:
    total = Usage(calls=1, input_tokens=10).plus(Usage(calls=2, output_tokens=5, cached_calls=1))
    assert total == Usage(calls=3, input_tokens=10, output_tokens=5, cached_calls=1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], "schema"),
        ([None, None], "schema"),
        (["sample", None], "sample"),
        (["sample", "stats"], "stats"),
        (["sample", "no such level"], "schema"),
    ],
)
def test_the_strictest_level(levels: list[object], expected: str) -> None:
    assert strictest(levels) == expected


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
def test_valid_answers(answer: Any, decision: str) -> None:
    assert ApprovalAnswer.read(answer).decision == decision


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("maybe", "'approve', 'edit' or 'reject'"),
        ("edit", "edit needs"),
        ({"decision": "edit", "code": "  "}, "edit needs"),
        ({"decision": "edit", "code": "x = ("}, "line 1"),
        ({"decision": "edit", "code": "# nothing"}, "no statement"),
        ({"decision": "approve", "code": "x = 2"}, "'edit'"),
        ({"decision": "approve", "comment": "?"}, "'comment': extra inputs|'comment': Extra"),
        ({}, "'decision'"),
        (7, "answer 'approve' or 'reject'"),
        (None, "answer 'approve' or 'reject'"),
    ],
)
def test_invalid_answers(answer: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says) as raised:
        ApprovalAnswer.read(answer)
    assert "\n" not in str(raised.value)


def test_a_checkpoint_from_before_files_came_back() -> None:
    assert ExecutionRecord.model_validate({"outcome": "ok", "figures": []}).files == []


def test_attempts_are_read_in_order() -> None:
    attempts = [Attempt(number=1, code="x"), Attempt(number=2, code="y")]
    assert attempts_of({"attempts": [attempt.to_state() for attempt in attempts]}) == attempts
    assert attempts_of({}) == []


def test_the_usage_of_all_nodes_is_added_up() -> None:
    usage = {"generate": {"calls": 1, "input_tokens": 5}, "analyze": {"calls": 2}}
    assert total_usage({"usage": usage}) == Usage(calls=3, input_tokens=5)
    assert total_usage({}) == Usage()
