"""Limits end a run cleanly; under higher ones it goes on where it was."""

from __future__ import annotations

import math
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, RequestError
from graph_agent.budget import Budget
from graph_agent.records import Usage
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict

PRICES = {"input_price": 100, "output_price": 200}
"""A scripted call takes 10 tokens in and 5 out: 0.002."""


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def failing() -> ScriptedModel:
    codes = [fenced(f"x = {number}") for number in range(9)]
    return ScriptedModel(codes=codes, verdicts=[verdict(False, why="No.")] * 9)


def run(model: ScriptedModel, sandbox: OneContainer, **limits: Any) -> Any:
    request = CodeGenerationRequest("Go", budget=limits)
    return AgentWorkflow(request, model, 5, sandbox=sandbox, thread_id="t").run_sync()


def resumed(
    model: ScriptedModel, sandbox: OneContainer, attempts: Any = None, **limits: Any
) -> Any:
    return AgentWorkflow.resume("t", model, attempts, sandbox=sandbox, budget=limits).run_sync()


@pytest.mark.parametrize(
    ("limits", "higher", "calls"),
    [
        ({"model_calls": 2}, {"model_calls": 4}, ["generate", "analyze"]),
        ({"model_calls": 3}, {"model_calls": 6}, ["generate", "analyze", "generate"]),
        ({"tokens": 30}, {"tokens": 60}, ["generate", "analyze"]),
        ({"tokens": 16}, {"tokens": 60}, ["generate", "analyze"]),
        ({"time_s": 1e-6}, {"time_s": 1e-5}, ["generate"]),
        ({"cost": 0.004, **PRICES}, {"cost": 0.008}, ["generate", "analyze"]),
    ],
    ids=str,
)
def test_each_limit_ends_the_run_and_a_higher_one_goes_on(
    sandbox: OneContainer, limits: dict[str, Any], higher: dict[str, Any], calls: list[str]
) -> None:
    (name, low), *_ = limits.items()
    model = failing()
    model.codes[0] = fenced("1 / 0")  # so that the rules too say no
    model.codes[1] = fenced("2 / 0")
    result = run(model, sandbox, **limits)
    assert (result.success, result.stopped_by) == (False, name)
    assert result.output["stopped_by"] == name
    assert f"**Stopped By:** the limit on {name}" in result.transcript
    assert model.calls == calls
    numbers = [attempt.number for attempt in result.attempts]
    # The same or a lower one: said again, nothing is asked.
    for limit in (low, max(low / 2, 1) if name in ("model_calls", "tokens") else low / 2):
        given = int(limit) if name in ("model_calls", "tokens") else limit
        again = resumed(failing(), sandbox, **{name: given})
        assert again.stopped_by == name
        assert [attempt.number for attempt in again.attempts] == numbers
    if name == "time_s":
        higher = {"time_s": 1e6}
    more = resumed(model, sandbox, **higher)
    assert [attempt.number for attempt in more.attempts][: len(numbers)] == numbers
    assert len(more.attempts) > len(numbers)
    assert [attempt.number for attempt in more.attempts] == list(range(1, len(more.attempts) + 1))
    assert model.calls[: len(calls)] == calls
    assert model.calls[len(calls)] == "generate"
    assert sum(usage.calls for usage in more.usage.values()) == len(model.calls)


def test_the_number_of_attempts(sandbox: OneContainer) -> None:
    model = failing()
    request = CodeGenerationRequest("Go")
    first = AgentWorkflow(request, model, 1, sandbox=sandbox, thread_id="t").run_sync()
    assert first.stopped_by == "attempts"
    assert resumed(model, sandbox, 1).stopped_by == "attempts"
    assert len(model.calls) == 2
    second = resumed(model, sandbox, 3)
    assert [attempt.number for attempt in second.attempts] == [1, 2, 3]
    # What was given last is what the run has from then on.
    assert resumed(model, sandbox, 2).stopped_by == "attempts"
    assert len(model.calls) == 6


def test_the_limit_that_still_holds_is_named(sandbox: OneContainer) -> None:
    model = failing()
    request = CodeGenerationRequest("Go", budget={"model_calls": 2})
    AgentWorkflow(request, model, 1, sandbox=sandbox, thread_id="t").run_sync()
    assert resumed(model, sandbox, 3).stopped_by == "model_calls"
    assert resumed(model, sandbox, None, model_calls=4).stopped_by == "attempts"
    assert len(model.calls) == 2


def test_no_judgement_is_bought_over_the_limit(sandbox: OneContainer) -> None:
    model = failing()
    result = run(model, sandbox, model_calls=1)
    assert model.calls == ["generate"]
    # The rules found nothing against it.
    assert result.success
    assert "No model judged it: the limit on model_calls was reached." in result.explanation


def test_cost_is_told_where_prices_are_known(sandbox: OneContainer) -> None:
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    assert run(model, sandbox, **PRICES).cost == pytest.approx(0.004)
    free = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    assert run(free, sandbox).cost is None


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"model_calls": 0}, "'model_calls' is unusable"),
    ({"tokens": -1}, "'tokens' is unusable"),
    ({"tokens": 1.5}, "'tokens' is unusable"),
    ({"tokens": True}, "'tokens' is unusable"),
    ({"time_s": 0}, "'time_s' is unusable"),
    ({"time_s": math.nan}, "'time_s' is unusable"),
    ({"time_s": math.inf}, "'time_s' is unusable"),
    ({"time_s": "5"}, "'time_s' is unusable"),
    ({"seconds": 5}, "'seconds' is unusable.* limits are attempts, model_calls, tokens"),
    ({"cost": 1.0, "input_price": -1, "output_price": 1}, "'input_price' is unusable"),
]


@pytest.mark.parametrize(("limits", "says"), UNUSABLE, ids=str)
def test_limits_that_make_no_sense(limits: dict[str, Any], says: str) -> None:
    for refused in (
        lambda: CodeGenerationRequest("Go", budget=limits),
        lambda: AgentWorkflow(CodeGenerationRequest("Go"), budget=limits),
        lambda: AgentWorkflow.resume("t", budget=limits),
    ):
        with pytest.raises(RequestError, match=says):
            refused()


@pytest.mark.parametrize("attempts", [0, -1, True, "3", 2.5])
def test_a_number_of_attempts_that_makes_no_sense(attempts: Any) -> None:
    with pytest.raises(RequestError, match="'attempts' is unusable"):
        AgentWorkflow(CodeGenerationRequest("Go"), None, attempts)


def test_a_cost_needs_prices_before_anything_is_asked(sandbox: OneContainer) -> None:
    with pytest.raises(RequestError, match="input_price and output_price"):
        CodeGenerationRequest("Go", budget={"cost": 1.0})
    model = failing()
    request = CodeGenerationRequest("Go")
    with pytest.raises(RequestError, match="input_price and output_price"):
        AgentWorkflow(
            request, model, 1, sandbox=sandbox, thread_id="t", budget={"cost": 1.0}
        ).run_sync()
    assert model.calls == []
    run(model, sandbox, model_calls=2)
    with pytest.raises(RequestError, match="input_price and output_price"):
        resumed(model, sandbox, cost=1.0)
    assert len(model.calls) == 2


def test_what_is_reached() -> None:
    budget = Budget.read({"attempts": 2, "tokens": 100, "time_s": 3.0})
    used = Usage(calls=1, input_tokens=60, output_tokens=40)
    assert budget.reached(1, Usage(), 0.0) is None
    assert budget.reached(2, used, 9.0) == "attempts"
    assert budget.reached(1, used, 9.0) == "tokens"
    assert budget.reached(0, Usage(), 3.0) == "time_s"
    assert Budget.read({"attempts": 1}).reached(0, used, 9.0) is None
