"""The graph's typed state, and the way in and out of it.

Every channel keeps its last value: there is no reducer. New input on a used thread
starts afresh: the first node puts back what earlier attempts left.
"""

from __future__ import annotations

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # the schemas of langgraph's server need it below 3.12

from graph_agent.records import Approve, Attempt, Decision, Json, PrivacyLevel, Usage

DEFAULT_MAX_ATTEMPTS = 3
DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
"""Puts the docstrings below into the JSON schemas: LangGraph Studio makes its form of them."""


@with_config(DOCUMENTED)
class GivenFile(TypedDict, total=False):
    """A file that becomes a variable, for clients that cannot hand over values.

    Either ``path``, within the folder the server allows, or ``content``, in base64,
    with the ``file_name`` whose ending tells the format.
    """

    name: str
    """The variable's name, as the code will use it."""
    path: str
    """A file in the folder that the server's CODEGEN_AGENT_FILES names."""
    content: str
    """The file itself, in base64 or as a data: URL."""
    file_name: str
    """With content: the file's name; its ending tells the format, as in tips.csv."""


@with_config(DOCUMENTED)
class AgentInput(TypedDict, total=False):
    """What ``graph.invoke`` takes; ``CodeGenerationRequest.to_input`` makes it.

    Only ``request`` is needed. On a used thread what is left out keeps its value.
    """

    request: str
    """The task in plain words."""
    files: list[GivenFile]
    """Files to read as variables; they take the place of ``variables`` and ``summaries``."""
    variables: Json
    """References to stored values, as ``to_input`` makes them (a VariableBundle)."""
    summaries: list[Json]
    """What the model is told of each variable, as ``to_input`` makes it (a VariableSummary)."""
    checks: str | None
    """Python run after the code, in its namespace; an exception there is a failure."""
    returns: list[str] | None
    """Names of the variables to bring back; null: all that are new or changed."""
    max_attempts: int
    """How often code may be written."""
    budget: Json
    """Other limits: model_calls, tokens, time_s, or cost with input_price and output_price."""
    privacy: PrivacyLevel
    """What the model is told of values: only types, aggregates too, or a few values too."""
    approve: Approve
    """When a person is asked before code runs; risky: if it looks so."""
    skip_rules: list[str]
    """Names of rules that are not to judge the result."""
    setup: Json
    """How the run was set up, so that whoever resumes it finds it so."""
    decision: Decision | None
    """None, where a thread was used before: nothing is decided on a new request yet."""


@with_config(DOCUMENTED)
class AgentOutput(TypedDict, total=False):
    """What ``graph.invoke`` returns."""

    request: str
    """The task as it was given."""
    success: bool
    """Whether the last attempt was judged to solve the request."""
    code: str
    """The last attempt's code, headed by the request as a comment."""
    attempts: list[Json]
    """Every attempt (an Attempt of graph_agent.records), first to last."""
    usage: dict[str, Json]
    """Calls and tokens by node."""
    stopped_by: str | None
    """The limit that ended the run: attempts, model_calls, tokens, time_s or cost."""


class AgentState(AgentInput, total=False):
    """All channels."""

    attempts: list[Json]
    usage: dict[str, Json]
    success: bool
    code: str
    stopped_by: str | None
    spent_s: float
    """Seconds the nodes worked."""


def attempts_of(state: AgentState) -> list[Attempt]:
    """Read the attempts made so far."""
    return [Attempt.model_validate(one) for one in state.get("attempts") or []]


def with_last(attempts: list[Attempt], last: Attempt) -> list[Json]:
    """Dump the attempts with the last one replaced."""
    return [one.to_state() for one in [*attempts[:-1], last]]


def add_usage(state: AgentState, node: str, more: Usage) -> dict[str, Json]:
    """Return the state's usage with more of ``node``."""
    usage = dict(state.get("usage") or {})
    usage[node] = Usage.model_validate(usage.get(node, {})).plus(more).to_state()
    return usage


def total_usage(state: AgentState | AgentOutput) -> Usage:
    """Add up what all nodes used."""
    total = Usage()
    for one in (state.get("usage") or {}).values():
        total = total.plus(Usage.model_validate(one))
    return total


def headed(request: str, code: str) -> str:
    """Put the request above the code as a comment, line by line."""
    first, *rest = request.strip().splitlines() or [""]
    comment = "\n".join([f"# User request: {first}", *(f"# {line}".rstrip() for line in rest)])
    return f"{comment}\n{code.rstrip()}\n" if code else ""
