"""The view of state and context: which of the two applies, and what is derived from both."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.context import AgentContext, RunView
from graph_agent.errors import RequestError
from graph_agent.records import Attempt, Usage

FIRST, SECOND = Attempt(number=1, code="x = 1"), Attempt(number=2, code="x = 2")


def view(context: AgentContext | None = None, **state: Any) -> RunView:
    return RunView({"request": "r", **state}, context)  # type: ignore[typeddict-item]  # its keys


def test_defaults() -> None:
    empty = view()
    assert (empty.privacy, empty.approve, empty.budget.attempts) == ("sample", "never", 3)
    assert (empty.attempts, empty.spent_s, empty.call_limit()) == ([], 0.0, None)


def test_the_context_overrides_limits_one_by_one() -> None:
    given = view(AgentContext(budget={"tokens": 5}), max_attempts=2, budget={"model_calls": 9})
    assert given.limits == {"max_attempts": 2, "budget": {"model_calls": 9, "tokens": 5}}
    assert view(AgentContext(max_attempts=7), max_attempts=2).budget.attempts == 7


def test_a_limit_that_makes_no_sense_is_named() -> None:
    with pytest.raises(RequestError, match="tokens"):
        _ = view(budget={"tokens": 0}).budget


@pytest.mark.parametrize(
    ("state", "context", "applies"),
    [
        ("sample", None, "sample"),
        ("sample", "stats", "stats"),
        ("schema", "sample", "schema"),
        (None, "schema", "schema"),
    ],
)
def test_the_stricter_privacy_level_applies(state: Any, context: Any, applies: str) -> None:
    assert view(AgentContext(privacy=context), privacy=state).privacy == applies


def test_the_context_decides_on_approval() -> None:
    assert view(AgentContext(approve="always"), approve="risky").approve == "always"
    assert view(AgentContext(), approve="risky").approve == "risky"


def test_limits_are_reached_by_attempts_or_by_use() -> None:
    used = {"generate": {"calls": 2}}
    full = view(attempts=[FIRST.to_state()], max_attempts=1, usage=used)
    assert (full.attempt_limit(), full.call_limit()) == ("attempts", None)
    spent = view(budget={"model_calls": 2}, usage=used)
    assert (spent.attempt_limit(), spent.call_limit()) == ("model_calls", "model_calls")


def test_updates_leave_the_state_as_it_is() -> None:
    given = view(attempts=[FIRST.to_state(), FIRST.to_state()], usage={"generate": {"calls": 1}})
    assert given.replace_last(SECOND) == [FIRST.to_state(), SECOND.to_state()]
    assert given.add_usage("generate", Usage(calls=2))["generate"]["calls"] == 3
    assert given.add_usage("analyze", Usage(calls=2))["analyze"]["calls"] == 2
    assert given.last == FIRST
    assert given.state["usage"] == {"generate": {"calls": 1}}


def test_an_attempt_of_an_earlier_version_has_no_kind_of_problem() -> None:
    stored = FIRST.model_copy(update={"problem": "the code does not parse"}).to_state()
    del stored["problem_kind"]
    assert view(attempts=[stored]).last.problem_kind is None


def test_only_what_changes_is_written() -> None:
    state = view(max_attempts=2, budget={})
    update = {"max_attempts": 2, "budget": {"tokens": 5}, "success": False}
    assert state.changed(update) == {"budget": {"tokens": 5}, "success": False}
