"""decide: retry, done, or give up."""

from __future__ import annotations

import logging
from typing import Any, Literal

from graph_agent.records import Attempt, Decision
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, AgentState, attempts_of, headed
from nodes.generate import repeats

log = logging.getLogger(__name__)


def decide(state: AgentState) -> dict[str, Any]:
    """Choose how to go on after the last attempt, and put the result in place."""
    attempts = attempts_of(state)
    last = attempts[-1]
    decision = choose(attempts, state.get("max_attempts") or DEFAULT_MAX_ATTEMPTS)
    log.info("attempt %d: %s", last.number, decision)
    return {
        "decision": decision,
        "success": last.succeeded,
        "code": headed(state["request"], last.code),
    }


def choose(attempts: list[Attempt], max_attempts: int) -> Decision:
    """Decide from the attempts alone."""
    last = attempts[-1]
    if last.succeeded:
        return "done"
    stubborn = repeats(last)  # asked once more, it would answer the same
    unwilling = last.analysis is not None and not last.analysis.should_retry
    if stubborn or unwilling or len(attempts) >= max_attempts:
        return "give_up"
    return "retry"


def route_after_generate(state: AgentState) -> Literal["execute", "analyze"]:
    """Run what can be run; the rest has failed already."""
    return "analyze" if attempts_of(state)[-1].problem else "execute"


def route_after_decide(state: AgentState) -> Literal["generate", "__end__"]:
    """Go round again only on ``retry``."""
    return "generate" if state.get("decision") == "retry" else "__end__"
