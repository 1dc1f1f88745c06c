"""The graph's typed state, its input and its output.

Every channel keeps its last value, except ``messages``, whose reducer is LangGraph's own. New input
on a used thread starts a new run: the first node resets what earlier attempts left.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, GetCoreSchemaHandler, with_config
from pydantic_core import CoreSchema
from typing_extensions import TypedDict  # the schemas of langgraph's server need it below 3.12

from graph_agent.errors import RequestError
from graph_agent.records import Approve, Decision, Json, PrivacyLevel

DEFAULT_MAX_ATTEMPTS = 3
DOCUMENTED = ConfigDict(use_attribute_docstrings=True)
"""Puts the docstrings below into the JSON schemas, from which LangGraph Studio makes its form."""


@with_config(DOCUMENTED)
class GivenFile(TypedDict, total=False):
    """A file that becomes a variable, for clients that can't pass values.

    Either ``path``, within the folder the server allows, or ``content``, in base64, with
    a ``file_name`` whose ending shows the format.
    """

    name: str
    """The variable's name, as the code will use it."""
    path: str
    """A file in the folder that the server's CODEGEN_AGENT_FILES names."""
    content: str
    """The file itself, in base64 or as a data: URL."""
    file_name: str
    """With content: the file's name; its ending shows the format, as in tips.csv."""


def add_chat_messages(left: list[Any], right: Any) -> list[Any]:
    """Add messages as LangGraph's ``add_messages`` does, which is only imported if there are any.

    Raises:
        RequestError: something isn't a message.
    """
    if right is None or right == []:
        return left
    from langgraph.graph.message import add_messages

    try:
        return list(add_messages(left, right))
    except (ValueError, TypeError, KeyError, NotImplementedError, AttributeError) as error:
        why = next(iter(str(error).splitlines()), "")  # the next one only names a web page
        raise RequestError(
            f"messages: {type(error).__name__}: {why:.200}; give a list of messages such as"
            " {'role': 'user', 'content': 'How many rows are there?'}"
        ) from error


class _MessagesSchema:
    """Describes the kinds of messages, by which LangGraph Studio knows that it can chat."""

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from langchain_core.messages import AnyMessage

        return handler.generate_schema(list[AnyMessage])


Messages = Annotated[list[Any], _MessagesSchema(), add_chat_messages]
"""Chat messages; a new one is added, and one with a known id takes that one's place."""


@with_config(DOCUMENTED)
class AgentInput(TypedDict, total=False):
    """What ``graph.invoke`` takes; ``CodeGenerationRequest.to_input`` makes it.

    Only ``request`` or ``messages`` is needed. On a used thread, missing fields keep their values.
    """

    request: str
    """The task in plain words."""
    messages: Messages
    """Instead of request: a chat, whose last human message is the request."""
    files: list[GivenFile]
    """Files to read as variables; they replace ``variables`` and ``summaries``."""
    variables: Json
    """References to stored values, as ``to_input`` makes them (a VariableBundle)."""
    summaries: list[Json]
    """How each variable is described to the model, as ``to_input`` makes it (a VariableSummary)."""
    checks: str | None
    """Python run after the code, in its namespace; an exception there is a failure."""
    returns: list[str] | None
    """Names of the variables to return; null: all new or changed ones."""
    return_types: dict[str, Json]
    """The types some of them must have, as graph_agent.return_types describes them."""
    max_attempts: int
    """How often code may be written."""
    candidates: int | None
    """How many programs are written in an attempt, at most; the answer most of them give wins."""
    budget: Json
    """Other limits: model_calls, tokens, time_s, or cost with input_price and output_price."""
    privacy: PrivacyLevel
    """What the model sees of values: only types, also aggregates, or also a few values."""
    approve: Approve
    """When a person is asked before code runs; risky: if the code looks risky."""
    skip_rules: list[str]
    """Names of rules that must not judge the result."""
    earlier: list[Json]
    """Earlier requests of the same conversation (EarlierRequest of graph_agent.records)."""
    setup: Json
    """How the run was set up, for resuming it the same way."""
    decision: Decision | None
    """None on a thread used before: nothing is decided about the new request yet."""


@with_config(DOCUMENTED)
class AgentOutput(TypedDict, total=False):
    """What ``graph.invoke`` returns."""

    request: str
    """The task in plain words."""
    messages: Messages
    """The chat; if a message asked, the answer is its last one."""
    success: bool
    """Whether the last attempt was judged to solve the request."""
    code: str
    """The last attempt's code, below the request as a comment."""
    attempts: list[Json]
    """Every attempt (an Attempt of graph_agent.records), first to last."""
    usage: dict[str, Json]
    """Calls and tokens by node."""
    notes: list[str]
    """How files were read where something had to be assumed, one line for each file."""
    stopped_by: str | None
    """The limit that ended the run: attempts, model_calls, tokens, time_s or cost."""
    reason: str | None
    """Why success is false; null if it is true."""


class AgentState(AgentInput, total=False):
    """All channels."""

    attempts: list[Json]
    usage: dict[str, Json]
    success: bool
    code: str
    notes: list[str]
    stopped_by: str | None
    reason: str | None
    spent_s: float
    """Seconds the nodes worked."""
    chat: Json
    """The run's request and level for a follow-up, the last message seen, the reply's id."""
