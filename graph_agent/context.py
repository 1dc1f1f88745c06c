"""What a run may be given besides its input, and what holds when both say something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import with_config

from graph_agent.budget import Budget
from graph_agent.privacy import strictest
from graph_agent.records import Approve, PrivacyLevel
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, DOCUMENTED, AgentState


@with_config(DOCUMENTED)
@dataclass(frozen=True, kw_only=True)
class AgentContext:
    """How a run goes, as opposed to what is asked; LangGraph does not store it.

    It is what an assistant of LangGraph's server is configured with, and how a run
    that is resumed gets other limits. What is set here holds instead of the
    input's; of two privacy levels, the stricter.
    """

    model: str | None = None
    """A model's name, or ``provider:model``; empty: the server's."""
    max_attempts: int | None = None
    """How often code may be written."""
    budget: dict[str, Any] | None = None
    """Other limits: model_calls, tokens, time_s, or cost with input_price and output_price."""
    privacy: PrivacyLevel | None = None
    """What the model may be told at most: schema, stats or sample."""
    approve: Approve | None = None
    """When a person is asked before code runs."""


def budget_of(state: AgentState, context: AgentContext | None) -> Budget:
    """Return the limits that hold now; each that the context sets instead of the input's.

    Raises:
        RequestError: a limit makes no sense.
    """
    given = context or AgentContext()
    limits = {**(state.get("budget") or {}), **(given.budget or {})}
    attempts = (given.max_attempts, state.get("max_attempts"), DEFAULT_MAX_ATTEMPTS)
    limits["attempts"] = next(one for one in attempts if one is not None)
    return Budget.read(limits)


def privacy_of(state: AgentState, context: AgentContext | None) -> PrivacyLevel:
    """Return the privacy level that holds: the stricter one of the input's and the context's."""
    return strictest([state.get("privacy") or "sample", context and context.privacy])


def approve_of(state: AgentState, context: AgentContext | None) -> Approve:
    """Return when a person is asked."""
    return (context and context.approve) or state.get("approve") or "never"
