"""Answers that are records: a JSON object held to a pydantic model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from graph_agent.errors import ModelAnswerError, ModelRequestError
from graph_agent.models.calls import ModelReply, ainvoke, invoke, reply_of, unusable
from graph_agent.models.profiles import profile_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["acall_for_json", "call_for_json", "json_objects", "record_in"]

Record = TypeVar("Record", bound=BaseModel)

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_MAX_OBJECTS = 50


def call_for_json(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[Record],
    *,
    tag: str,
    config: RunnableConfig | None = None,
) -> tuple[Record, ModelReply]:
    """Ask the model for a ``schema`` and return it with the reply it came in.

    The model is held to the schema where it can be; otherwise the messages must
    ask for JSON, and the object is found in the text.

    Raises:
        ModelTransientError: repeating the call may help.
        ModelRequestError: it would not.
        ModelAnswerError: empty, blocked, truncated, or (``malformed``) no such object in it.
    """
    structured = _structured(client, schema)
    if structured is not None:
        try:
            answer = invoke(client, structured, messages, tag, config)
        except ModelRequestError as exc:
            if not _declined(exc):
                raise
        else:
            return _read(answer, schema, client)
    return _read(invoke(client, client, messages, tag, config), schema, client)


async def acall_for_json(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[Record],
    *,
    tag: str,
    config: RunnableConfig | None = None,
) -> tuple[Record, ModelReply]:
    """Do as :func:`call_for_json` does, without blocking the event loop.

    Raises:
        ModelError: as :func:`call_for_json`.
    """
    structured = _structured(client, schema)
    if structured is not None:
        try:
            answer = await ainvoke(client, structured, messages, tag, config)
        except ModelRequestError as exc:
            if not _declined(exc):
                raise
        else:
            return _read(answer, schema, client)
    return _read(await ainvoke(client, client, messages, tag, config), schema, client)


def _structured(client: BaseChatModel, schema: type[BaseModel]) -> Runnable[Any, Any] | None:
    if not profile_of(client).structured_output:
        return None
    try:
        return client.with_structured_output(schema, include_raw=True)
    except (NotImplementedError, TypeError, ValueError):
        return None


def _declined(exc: ModelRequestError) -> bool:
    """Tell whether the call failed because of the schema rather than the key or the name."""
    return isinstance(exc.__cause__, NotImplementedError) or "schema" in str(exc).lower()


def _read(
    answer: Mapping[str, Any] | BaseMessage, schema: type[Record], client: BaseChatModel
) -> tuple[Record, ModelReply]:
    """Return the record in an answer, which is a message or what include_raw gives.

    The text is parsed here either way: LangChain's parsers accept half an object.
    """
    name = profile_of(client).name
    parsed = answer.get("parsed") if isinstance(answer, Mapping) else None
    message = answer["raw"] if isinstance(answer, Mapping) else answer
    try:
        reply = reply_of(message, name)
    except ModelAnswerError as exc:
        # Held to the schema by a tool call, a message has no text.
        if exc.kind != "empty" or not isinstance(parsed, schema):
            raise
        return parsed, ModelReply(parsed.model_dump_json(), exc.input_tokens, exc.output_tokens)
    try:
        return record_in(reply, schema, name), reply
    except ModelAnswerError:
        if isinstance(parsed, schema):
            return parsed, replace(reply, text=parsed.model_dump_json())
        raise


def record_in(reply: ModelReply, schema: type[Record], name: str) -> Record:
    """Find a ``schema`` in what the model ``name`` said.

    Raises:
        ModelAnswerError: (``malformed``) there is none.
    """
    problem = "it holds no JSON object"
    for found in json_objects(reply.text):
        try:
            return schema.model_validate(found)
        except ValidationError as exc:
            first = exc.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            problem = f"{where}: {first['msg']}" if where else first["msg"]
    why = f"is no {schema.__name__!r} ({problem}); ask again or take another model"
    raise unusable(reply, name, "malformed", why)


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, outermost ones only, the last one first.

    The last is the answer: what stands before it is thought, or the question's own example.
    """
    text = _THOUGHT.sub("", text)
    decoder = json.JSONDecoder(strict=False)  # models put raw line ends into strings
    found: list[dict[str, Any]] = []
    at = text.find("{")
    while at >= 0 and len(found) < _MAX_OBJECTS:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append(value)
        at = text.find("{", end)
    yield from reversed(found)
