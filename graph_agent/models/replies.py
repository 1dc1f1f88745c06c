"""What a model replied: its text, its tokens, the record in it, and whether it is usable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from graph_agent.errors import AnswerFault, ModelAnswerError, ModelTransientError
from graph_agent.models.thoughts import without_thought
from graph_agent.records import Usage

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = [
    "ModelReply",
    "json_objects",
    "record_in",
    "reply_of",
    "reply_with_record",
]

Record = TypeVar("Record", bound=BaseModel)

_BLOCKED = {
    "safety", "recitation", "blocklist", "prohibited_content", "spii", "image_safety",
    "content_filter", "refusal", "content_filtered", "guardrail_intervened",
}  # fmt: skip
_TRUNCATED = {
    "max_tokens", "length", "model_length", "model_context_window_exceeded", "max_output_tokens",
}  # fmt: skip
_GIVES_REASON = {"google_genai"}
"""Providers that say in every whole answer why it stopped. A stream that ends without a reason
was cut, which HTTP doesn't show if a proxy ends it in order."""
_MAX_OBJECTS = 50
_MAX_KEPT_CHARS = 2_000
_MAX_REPAIRED_CHARS = 100_000


@dataclass(frozen=True)
class ModelReply:
    """What a model said; ``finish_reason`` is the provider's own word for why it stopped.

    ``cached``: an earlier answer, not asked for this time.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish_reason: str | None = None
    cached: bool = False

    @property
    def usage(self) -> Usage:
        """What the answer cost."""
        if self.cached:
            return Usage(cached_calls=1)
        return Usage(calls=1, input_tokens=self.input_tokens, output_tokens=self.output_tokens)


def reply_of(message: BaseMessage, model: str) -> ModelReply:
    """Read a message.

    Raises:
        ModelTransientError: the rest of it is missing.
        ModelAnswerError: it is empty, blocked or truncated.
    """
    metadata = message.response_metadata or {}
    names = ("finish_reason", "stop_reason", "done_reason")  # Google and OpenAI, Anthropic, Ollama
    reason = next((metadata[name] for name in names if metadata.get(name)), None)
    reason = str(getattr(reason, "name", reason)) if reason else None
    tokens: Mapping[str, Any] = getattr(message, "usage_metadata", None) or {}
    reply = ModelReply(
        str(message.text),
        int(tokens.get("input_tokens") or 0),
        int(tokens.get("output_tokens") or 0),
        reason,
    )
    word = (reason or "").lower()
    blocked = _block_reason(metadata) or (reason if word in _BLOCKED else None)
    if blocked:
        why = f"was blocked ({blocked}); word the request differently"
        raise _unusable(reply, model, "blocked", why)
    if word in _TRUNCATED:
        why = (
            f"was cut off at its limit of output tokens ({reason}); "
            "ask for less at once or use a model with a higher limit"
        )
        raise _unusable(reply, model, "truncated", why)
    if reason is None and metadata.get("model_provider") in _GIVES_REASON:
        raise ModelTransientError(f"the answer of {model!r} broke off before its end; ask again")
    if not reply.text.strip():
        because = f" ({reason})" if reason else ""
        why = f"was empty{because}; ask again or use another model"
        raise _unusable(reply, model, "empty", why)
    return reply


def _block_reason(metadata: Mapping[str, Any]) -> str | None:
    """Return why Gemini refused the prompt itself, if it did."""
    feedback = metadata.get("prompt_feedback")
    reason = feedback.get("block_reason") if isinstance(feedback, Mapping) else None
    reason = getattr(reason, "name", reason)
    return str(reason) if reason and reason != "BLOCKED_REASON_UNSPECIFIED" else None


def reply_with_record(
    answer: Mapping[str, Any] | BaseMessage, schema: type[BaseModel], model: str
) -> ModelReply:
    """Read a message, or what LangChain's ``include_raw`` returns, whose text must hold a record.

    The text is parsed here in any case: LangChain's parsers accept half an object.

    Raises:
        ModelTransientError: the rest of it is missing.
        ModelAnswerError: it is empty, blocked, truncated, or (``malformed``) has no such record.
    """
    parsed = answer.get("parsed") if isinstance(answer, Mapping) else None
    message = answer["raw"] if isinstance(answer, Mapping) else answer
    try:
        reply = reply_of(message, model)
    except ModelAnswerError as exc:
        # A message held to the schema by a tool call has no text.
        if exc.kind != "empty" or not isinstance(parsed, schema):
            raise
        return ModelReply(parsed.model_dump_json(), exc.input_tokens, exc.output_tokens)
    try:
        record_in(reply, schema, model)
    except ModelAnswerError:
        if isinstance(parsed, schema):
            return replace(reply, text=parsed.model_dump_json())
        raise
    return reply


def record_in(reply: ModelReply, schema: type[Record], model: str) -> Record:
    """Find a ``schema`` in a model's reply: the first one with the most of its fields.

    Shorter ones are drafts; another one after it repeats the question's example.

    Raises:
        ModelAnswerError: (``malformed``) there is none.
    """
    problem = "it holds no JSON object"
    records: list[Record] = []
    for found in json_objects(reply.text, repair=True):
        try:
            records.append(schema.model_validate(found))
        except ValidationError as exc:
            first = exc.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            problem = f"{where}: {first['msg']}" if where else first["msg"]
    if records:
        return max(records, key=lambda record: len(record.model_fields_set))
    why = f"is no {schema.__name__!r} ({problem}); ask again or use another model"
    raise _unusable(reply, model, "malformed", why)


def json_objects(text: str, *, repair: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects in a text; with ``repair`` also malformed ones."""
    text = without_thought(text)
    decoder = json.JSONDecoder(strict=False)  # models put raw line ends into strings
    at, count = text.find("{"), 0
    while at >= 0 and count < _MAX_OBJECTS:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            # An object inside a malformed verdict may say the opposite of it.
            end = _end_of_object(text, at) if repair else at + 1
            value = _repaired(text[at:end]) if repair else None
        if value:
            count += 1
            yield value
        at = text.find("{", end)


def _end_of_object(text: str, start: int) -> int:
    """Return where the braces from ``start`` on are balanced, else the end of the last one."""
    depth, end = 0, start + 1
    for brace in re.finditer(r"[{}]", text[start:]):
        depth += 1 if brace[0] == "{" else -1
        if brace[0] == "}":
            end = start + brace.end()
        if depth == 0:
            return end
    return end if end > start + 1 else len(text)


def _repaired(text: str) -> dict[str, Any]:
    """Read an object with single backslashes, trailing commas, Python's words or the like."""
    import json_repair

    if not text.endswith("}") or len(text) > _MAX_REPAIRED_CHARS:
        return {}
    try:
        value = json_repair.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _unusable(reply: ModelReply, model: str, kind: AnswerFault, why: str) -> ModelAnswerError:
    """Make the error of an answer that can't be used, with the tokens it cost."""
    message = f"the answer of {model!r} {why}"
    text = reply.text[:_MAX_KEPT_CHARS]
    return ModelAnswerError(message, kind, reply.input_tokens, reply.output_tokens, text)
