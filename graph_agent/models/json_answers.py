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
from graph_agent.models.question import Question

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from graph_agent.models.answer_cache import AnswerCache

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
    cache: AnswerCache | None = None,
) -> tuple[Record, ModelReply]:
    """Ask the model for a ``schema`` and return it with the reply it came in.

    The model is held to the schema where it can be; otherwise the messages must
    ask for JSON, and the object is found in the text. A question whose answer
    ``cache`` keeps is not sent.

    Raises:
        ModelTransientError: repeating the call may help.
        ModelRequestError: it would not.
        ModelAnswerError: empty, blocked, truncated, or (``malformed``) no such object in it.
    """
    question = Question(client, messages, tag, config, schema)
    if cache is None:
        reply = _ask(question, schema)
    else:
        reply = cache.ask(question, lambda: _ask(question, schema))
    return record_in(reply, schema, profile_of(client).name), reply


async def acall_for_json(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: type[Record],
    *,
    tag: str,
    config: RunnableConfig | None = None,
    cache: AnswerCache | None = None,
) -> tuple[Record, ModelReply]:
    """Do as :func:`call_for_json` does, without blocking the event loop.

    Raises:
        ModelError: as :func:`call_for_json`.
    """
    question = Question(client, messages, tag, config, schema)
    if cache is None:
        reply = await _aask(question, schema)
    else:
        reply = await cache.aask(question, lambda: _aask(question, schema))
    return record_in(reply, schema, profile_of(client).name), reply


def _ask(asked: Question, schema: type[Record]) -> ModelReply:
    structured = _structured(asked.client, schema)
    if structured is not None:
        try:
            answer = invoke(asked.client, structured, asked.messages, asked.tag, asked.config)
        except ModelRequestError as exc:
            if not _declined(exc):
                raise
        else:
            return _read(answer, schema, asked.client)
    plain = invoke(asked.client, asked.client, asked.messages, asked.tag, asked.config)
    return _read(plain, schema, asked.client)


async def _aask(asked: Question, schema: type[Record]) -> ModelReply:
    structured = _structured(asked.client, schema)
    if structured is not None:
        try:
            answer = await ainvoke(
                asked.client, structured, asked.messages, asked.tag, asked.config
            )
        except ModelRequestError as exc:
            if not _declined(exc):
                raise
        else:
            return _read(answer, schema, asked.client)
    plain = await ainvoke(asked.client, asked.client, asked.messages, asked.tag, asked.config)
    return _read(plain, schema, asked.client)


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
) -> ModelReply:
    """Return an answer, which is a message or what include_raw gives, with a record as its text.

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
        return ModelReply(parsed.model_dump_json(), exc.input_tokens, exc.output_tokens)
    try:
        record_in(reply, schema, name)
    except ModelAnswerError:
        if isinstance(parsed, schema):
            return replace(reply, text=parsed.model_dump_json())
        raise
    return reply


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
