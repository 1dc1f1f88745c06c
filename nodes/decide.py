"""decide: retry, done, or give up."""

from __future__ import annotations

import logging
from typing import Literal

from langgraph.runtime import Runtime

from graph_agent.budget import Budget
from graph_agent.context import AgentContext, budget_of
from graph_agent.records import Attempt, Decision, Json
from graph_agent.state import AgentState, attempts_of, headed, total_usage
from nodes.generate import repeats

log = logging.getLogger(__name__)


def decide(state: AgentState, runtime: Runtime[AgentContext]) -> Json:
    """Choose how to go on after the last attempt, and put the result in place."""
    attempts = attempts_of(state)
    last = attempts[-1]
    budget = budget_of(state, runtime.context)
    decision = choose(attempts)
    stopped_by = limit_reached(state, budget) if decision == "retry" else None
    if stopped_by is not None:
        decision = "give_up"
    log.info("attempt %d: %s", last.number, decision)
    return {
        "decision": decision,
        "success": last.succeeded,
        "code": headed(state["request"], last.code),
        "stopped_by": stopped_by,
        # As they hold now: a resume may have given others.
        "max_attempts": budget.attempts,
        "budget": budget.model_dump(exclude={"attempts"}, exclude_none=True),
    }


async def adecide(state: AgentState, runtime: Runtime[AgentContext]) -> Json:
    """Do as :func:`decide` does; there is nothing to wait for."""
    return decide(state, runtime)


def choose(attempts: list[Attempt]) -> Decision:
    """Decide from the attempts alone, limits aside."""
    last = attempts[-1]
    if last.succeeded:
        return "done"
    stubborn = repeats(last)  # asked once more, it would answer the same
    unwilling = last.analysis is not None and not last.analysis.should_retry
    return "give_up" if stubborn or unwilling else "retry"


def limit_reached(state: AgentState, budget: Budget) -> str | None:
    """Name the limit that leaves no room for another attempt."""
    used, spent_s = total_usage(state), state.get("spent_s") or 0.0
    return budget.reached(len(state.get("attempts") or []), used, spent_s)


def route_after_generate(state: AgentState) -> Literal["execute", "analyze"]:
    """Run what can be run; the rest has failed already."""
    return "analyze" if state["attempts"][-1]["problem"] else "execute"


def route_after_decide(state: AgentState) -> Literal["generate", "__end__"]:
    """Go round again only on ``retry``."""
    return "generate" if state.get("decision") == "retry" else "__end__"
