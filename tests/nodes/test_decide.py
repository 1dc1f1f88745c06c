"""retry, done or give up, from the attempts alone."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.records import Analysis, Attempt
from nodes.decide import choose, decide, route_after_decide, route_after_generate
from nodes.generate import problem_of, repeats


def attempt(number: int = 1, *, success: bool = False, retry: bool = True, **more: str) -> Attempt:
    analysis = Analysis(success=success, should_retry=retry, explanation="")
    return Attempt(number=number, code=f"x = {number}", analysis=analysis, **more)


def test_success_is_done_even_on_the_last_attempt() -> None:
    assert choose([attempt(success=True)]) == "done"


def decided(*attempts: Attempt, context: AgentContext | None = None, **state: Any) -> Any:
    state |= {"request": "Add\nit up", "attempts": [one.to_state() for one in attempts]}
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
    assert choose([attempt(retry=False)]) == "give_up"


def test_a_model_that_repeats_itself_is_not_asked_again() -> None:
    problem = problem_of("x=1  # the same", [attempt()])
    assert problem == "the code is that of attempt 1, which failed"
    second = attempt(2, problem=problem)
    assert repeats(second)
    assert choose([attempt(), second]) == "give_up"


def test_what_can_never_run_is_named() -> None:
    assert problem_of("", []) == "the answer held no code"
    assert problem_of("# only a comment", []) == "the code has no statement"
    assert "line 2" in str(problem_of("x = 1\ny = (", []))
    assert "parse" in str(problem_of("x = '\0'", []))
    assert problem_of("x = 1", []) is None


def test_the_update_heads_the_code_with_the_request() -> None:
    update = decided(attempt(success=True))
    assert update["code"] == "# User request: Add\n# it up\nx = 1\n"
    assert update["success"] is True


def test_routes() -> None:
    ready, broken = attempt().to_state(), attempt(problem="no").to_state()
    assert route_after_generate({"attempts": [ready]}) == "execute"
    assert route_after_generate({"attempts": [broken]}) == "analyze"
    assert route_after_decide({"decision": "retry"}) == "generate"
    assert route_after_decide({"decision": "done"}) == "__end__"
    assert route_after_decide({"decision": "give_up"}) == "__end__"
