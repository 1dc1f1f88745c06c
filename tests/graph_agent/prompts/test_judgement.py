"""Reading a model's judgement: what is a yes, and what a no."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.prompts.analysis import Judgement, says_no


@pytest.mark.parametrize("success", ["no", "false", "partly", "incorrect", None, False, 0])
def test_only_a_clear_yes_is_a_success(success: Any) -> None:
    judged = Judgement.model_validate({"success": success, "plan": ["one", "two"]})
    assert (judged.success, judged.plan) == (False, "one; two")


@pytest.mark.parametrize("success", ["yes", "true", "Correct", True, 1])
def test_a_yes_in_other_words(success: Any) -> None:
    given = {"success": success, "should_retry": "n/a", "explanation": {"seen": 1}}
    judged = Judgement.model_validate(given)
    assert (judged.success, judged.should_retry) == (True, None)
    assert judged.explanation == '{"seen": 1}'


@pytest.mark.parametrize(
    "text",
    [
        *("No.", "no, the mean is of the wrong column", "**Failed**: empty", "FAILURE"),
        *("Verdict: incorrect", '{"success": false, "expl', "success: no", "{'success': False}"),
        *("Incorrect: the sum is off", '{"verdict": "fail"}', "Not correct."),
    ],
)
def test_an_unreadable_no_is_a_no(text: str) -> None:
    assert says_no(text)


@pytest.mark.parametrize(
    "text", ["", "Yes.", "No problems found.", '{"success": true, "ex', "It looks right", "Nothing"]
)
def test_what_says_no_such_thing(text: str) -> None:
    assert not says_no(text)
