"""The parts of a prompt that say what to do: about which variables, and what to define."""

from __future__ import annotations

from collections.abc import Iterator

from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_NAMES_CHARS,
    MAX_OUTPUT_CHARS,
    MAX_VARIABLES_CHARS,
    Part,
    listed,
    text_part,
)
from graph_agent.prompts.conversation import conversation_parts
from graph_agent.prompts.variables import near_request_parts, request_part, variables_renderer
from graph_agent.prompts.wanted_types import type_hints, wanted_names
from graph_agent.state import AgentState

__all__ = ["reminder_parts", "task_parts"]


def task_parts(state: AgentState, *, for_small_model: bool) -> Iterator[Part]:
    """State the task; what stays the same for requests about the same values comes first."""
    checks = state.get("checks")
    yield from conversation_parts(state, 7)
    yield Part(variables_renderer(state), 6, MAX_VARIABLES_CHARS, label="Variables:\n")
    if for_small_model:
        yield from near_request_parts(state)
    yield request_part(state)
    if checks:
        label = "After your program, this code runs in the same namespace and must pass:\n"
        yield text_part(checks, 2, MAX_CODE_CHARS, label=label)
    yield from _wanted(state)


def _wanted(state: AgentState) -> Iterator[Part]:
    """Name the variables to define, and say what values of their types are."""
    returns, kinds = state.get("returns") or [], state.get("return_types") or {}
    if returns:
        label = "Define these variables: "
        names = wanted_names(returns, kinds)
        yield Part(lambda most: listed(names, most), 1, 2 * MAX_NAMES_CHARS, label=label)
    if hints := type_hints(returns, kinds):
        yield Part(lambda most: listed(hints, most, "\n"), 1, MAX_NAMES_CHARS)


def reminder_parts(state: AgentState) -> Iterator[Part]:
    """Repeat what is asked after a failure: a small model goes astray far from the request."""
    yield text_part(state["request"].strip(), 6, MAX_OUTPUT_CHARS, label="Request: ")
    yield from _wanted(state)
