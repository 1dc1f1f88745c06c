"""A thread's saved state, and the limits that apply to it."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph_agent import AgentContext, ApprovalAnswer, Budget, RequestError, ThreadError
from graph_agent.runs.threads import approval_command, state_of, with_limits


def test_the_state_of_a_thread_that_does_not_exist() -> None:
    with pytest.raises(ThreadError, match="'nowhere'.*codegen-agent threads"):
        state_of(InMemorySaver(), "nowhere")


@pytest.mark.parametrize("budget", [{"tokens": 5}, Budget(tokens=5)])
def test_limits_by_name_or_as_a_budget(budget: Any) -> None:
    assert with_limits(3, budget) == AgentContext(max_attempts=3, budget={"tokens": 5})


def test_no_limits_override_nothing() -> None:
    assert with_limits(None, None) == AgentContext()


@pytest.mark.parametrize(("attempts", "budget"), [(0, None), (None, {"tokns": 5})])
def test_an_invalid_limit(attempts: int | None, budget: Any) -> None:
    with pytest.raises(RequestError, match="attempts" if budget is None else "tokns"):
        with_limits(attempts, budget)


def test_an_answer_as_graph_input() -> None:
    command = approval_command(ApprovalAnswer(decision="reject", words="No."))
    assert command.resume == {"decision": "reject", "code": "", "words": "No."}
