"""retry, done or give up, and the limits."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.records import Analysis, Attempt, ErrorRecord, ExecutionRecord
from nodes.decide import choose, decide, route_after_decide, with_request_header


def attempt(number: int = 1, *, success: bool = False, retry: bool = True, **more: Any) -> Attempt:
    analysis = Analysis(success=success, should_retry=retry, explanation="")
    return Attempt(number=number, code=f"x = {number}", analysis=analysis, **more)


def test_success_is_done_even_on_the_last_attempt() -> None:
    assert choose(attempt(success=True)) == "done"


def decided(*attempts: Attempt, context: AgentContext | None = None, **state: Any) -> Any:
    state |= {"request": "Add\nit up", "attempts": [attempt.to_state() for attempt in attempts]}
    return decide(state, Runtime(context=context))  # type: ignore[arg-type]  # what it looks at


def test_failure_is_retried_within_the_budget() -> None:
    assert decided(attempt(), max_attempts=2)["decision"] == "retry"
    over = decided(attempt(), attempt(2), max_attempts=2)
    assert (over["decision"], over["stopped_by"]) == ("give_up", "attempts")


USED = {"generate": {"calls": 2, "input_tokens": 700, "output_tokens": 300}}


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        ({"model_calls": 2}, "model_calls"),
        ({"model_calls": 3}, None),
        ({"tokens": 1000}, "tokens"),
        ({"tokens": 1001}, None),
        ({"time_s": 5}, "time_s"),
        ({"time_s": 5.1}, None),
        ({"cost": 0.0037, "input_price": 1, "output_price": 10}, "cost"),
        ({"cost": 0.0038, "input_price": 1, "output_price": 10}, None),
    ],
    ids=str,
)
def test_each_limit_is_named(budget: dict[str, Any], limit: str | None) -> None:
    update = decided(attempt(), budget=budget, usage=USED, spent_s=5.0)
    assert update["stopped_by"] == limit
    assert update["decision"] == ("give_up" if limit else "retry")
    # The same, given at a resume.
    assert (
        decided(attempt(), context=AgentContext(budget=budget), usage=USED, spent_s=5.0)[
            "stopped_by"
        ]
        == limit
    )


def test_a_limit_does_not_take_a_success_away() -> None:
    assert decided(attempt(success=True), budget={"tokens": 1}, usage=USED)["decision"] == "done"


def test_should_retry_false_is_obeyed() -> None:
    assert choose(attempt(retry=False)) == "give_up"


def test_a_model_that_repeats_itself_is_not_asked_again() -> None:
    assert choose(attempt(2, problem="the same again", problem_kind="repeat")) == "give_up"
    assert choose(attempt(2, problem="it does not parse", problem_kind="syntax")) == "retry"


def test_the_code_starts_with_the_request_as_a_comment() -> None:
    update = decided(attempt(success=True))
    assert update["code"] == "# User request: Add\n# it up\nx = 1\n"
    assert update["success"] is True
    code = with_request_header(" Add it up\n\nplease ", "x = 1\n\n")
    assert code == "# User request: Add it up\n#\n# please\nx = 1\n"
    assert with_request_header("Add it up", "") == ""


def test_routes() -> None:
    assert route_after_decide({"decision": "retry"}) == "generate"
    assert route_after_decide({"decision": "done"}) == "__end__"
    assert route_after_decide({"decision": "give_up"}) == "__end__"


def test_no_success_has_a_reason() -> None:
    failed = Analysis(success=False, should_retry=False, explanation="The mean is wrong.")
    judged = Attempt(number=1, code="x", analysis=failed)
    assert decided(judged)["reason"] == "The mean is wrong."
    raised = ExecutionRecord(
        outcome="error", error=ErrorRecord(name="KeyError", message="'a'", traceback="")
    )
    reason = decided(attempt(execution=raised), max_attempts=1)["reason"]
    assert reason == "KeyError: 'a'; stopped by the limit on attempts"
    assert decided(attempt(problem="no code", retry=False))["reason"] == "no code"
    assert decided(attempt(retry=False))["reason"]
    assert decided(attempt(success=True))["reason"] is None
