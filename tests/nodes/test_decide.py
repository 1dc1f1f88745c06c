"""retry, done or give up, from the attempts alone."""

from __future__ import annotations

from graph_agent.records import Analysis, Attempt
from nodes.decide import choose, decide, route_after_decide, route_after_generate
from nodes.generate import problem_of, repeats


def attempt(number: int = 1, *, success: bool = False, retry: bool = True, **more: str) -> Attempt:
    analysis = Analysis(success=success, should_retry=retry, explanation="")
    return Attempt(number=number, code=f"x = {number}", analysis=analysis, **more)


def test_success_is_done_even_on_the_last_attempt() -> None:
    assert choose([attempt(success=True)], 1) == "done"


def test_failure_is_retried_within_the_budget() -> None:
    assert choose([attempt()], 2) == "retry"
    assert choose([attempt(), attempt(2)], 2) == "give_up"


def test_should_retry_false_is_obeyed() -> None:
    assert choose([attempt(retry=False)], 3) == "give_up"


def test_a_model_that_repeats_itself_is_not_asked_again() -> None:
    problem = problem_of("x=1  # the same", [attempt()])
    assert problem == "the code is that of attempt 1, which failed"
    second = attempt(2, problem=problem)
    assert repeats(second)
    assert choose([attempt(), second], 5) == "give_up"


def test_what_can_never_run_is_named() -> None:
    assert problem_of("", []) == "the answer held no code"
    assert problem_of("# only a comment", []) == "the code has no statement"
    assert "line 2" in str(problem_of("x = 1\ny = (", []))
    assert "parse" in str(problem_of("x = '\0'", []))
    assert problem_of("x = 1", []) is None


def test_the_update_heads_the_code_with_the_request() -> None:
    update = decide({"request": "Add\nit up", "attempts": [attempt(success=True).to_state()]})
    assert update["code"] == "# User request: Add\n# it up\nx = 1\n"
    assert update["success"] is True


def test_routes() -> None:
    ready, broken = attempt().to_state(), attempt(problem="no").to_state()
    assert route_after_generate({"attempts": [ready]}) == "execute"
    assert route_after_generate({"attempts": [broken]}) == "analyze"
    assert route_after_decide({"decision": "retry"}) == "generate"
    assert route_after_decide({"decision": "done"}) == "__end__"
    assert route_after_decide({"decision": "give_up"}) == "__end__"
