"""The graph's typed state, and the way in and out of it.

Every channel keeps its last value: there is no reducer, so new input on a used
thread starts afresh instead of adding to what was there.
"""

from __future__ import annotations

from typing_extensions import TypedDict  # the schemas of langgraph's server need it below 3.12

from graph_agent.records import Attempt, Decision, Json, PrivacyLevel, Usage

DEFAULT_MAX_ATTEMPTS = 3


class AgentInput(TypedDict, total=False):
    """What ``graph.invoke`` takes; ``CodeGenerationRequest.to_input`` makes it."""

    request: str
    """The task in plain words."""
    variables: Json
    """References to stored values, see :data:`sandbox.store.VariableBundle`."""
    summaries: list[Json]
    """One :class:`~graph_agent.summaries.VariableSummary` a variable."""
    checks: str | None
    returns: list[str] | None
    max_attempts: int
    privacy: PrivacyLevel
    attempts: list[Json]
    usage: dict[str, Json]
    decision: Decision | None
    success: bool
    code: str


class AgentOutput(TypedDict, total=False):
    """What ``graph.invoke`` returns."""

    request: str
    success: bool
    """Whether the last attempt was judged to solve the request."""
    code: str
    """The last attempt's code, headed by the request as a comment."""
    attempts: list[Json]
    """Every :class:`~graph_agent.records.Attempt`, first to last."""
    usage: dict[str, Json]
    """Node to :class:`~graph_agent.records.Usage`."""


class AgentState(AgentInput):
    """All channels; the nodes' own names for them are those of the input."""


def attempts_of(state: AgentState) -> list[Attempt]:
    """Read the attempts made so far."""
    return [Attempt.model_validate(one) for one in state.get("attempts") or []]


def with_last(attempts: list[Attempt], last: Attempt) -> list[Json]:
    """Dump the attempts with the last one replaced."""
    return [one.to_state() for one in [*attempts[:-1], last]]


def add_usage(
    state: AgentState, node: str, input_tokens: int, output_tokens: int
) -> dict[str, Json]:
    """Return the state's usage with one more call of ``node``."""
    usage = dict(state.get("usage") or {})
    before = Usage.model_validate(usage.get(node, {}))
    usage[node] = before.plus(input_tokens, output_tokens).to_state()
    return usage


def headed(request: str, code: str) -> str:
    """Put the request above the code as a comment, line by line."""
    first, *rest = request.strip().splitlines() or [""]
    comment = "\n".join([f"# User request: {first}", *(f"# {line}".rstrip() for line in rest)])
    return f"{comment}\n{code.rstrip()}\n" if code else ""
