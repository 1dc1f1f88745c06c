"""One call to a model, in both forms, for tests of clients and calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from graph_agent.models import (
    CallLog,
    ModelReply,
    Question,
    arun_steps,
    ask,
    profile_of,
    record_in,
    run_steps,
)

Record = TypeVar("Record", bound=BaseModel)


def call_model(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    tag: str,
    config: RunnableConfig | None = None,
    log: CallLog | None = None,
) -> ModelReply:
    """Ask for a text."""
    return run_steps(ask(Question(client, profile_of(client), messages, tag, config), log))


async def acall_model(
    client: BaseChatModel, messages: Sequence[BaseMessage], *, tag: str, log: CallLog | None = None
) -> ModelReply:
    """Ask for a text, asynchronously."""
    return await arun_steps(ask(Question(client, profile_of(client), messages, tag), log))


def call_for_json(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[Record],
    *,
    tag: str,
    config: RunnableConfig | None = None,
    log: CallLog | None = None,
) -> tuple[Record, ModelReply]:
    """Ask for a record; return it with its reply."""
    reply = run_steps(ask(Question(client, profile_of(client), messages, tag, config, schema), log))
    return record_in(reply, schema, profile_of(client).name), reply


async def acall_for_json(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[Record],
    *,
    tag: str,
    log: CallLog | None = None,
) -> tuple[Record, Any]:
    """Ask for a record, asynchronously."""
    reply = await arun_steps(
        ask(Question(client, profile_of(client), messages, tag, None, schema), log)
    )
    return record_in(reply, schema, profile_of(client).name), reply
