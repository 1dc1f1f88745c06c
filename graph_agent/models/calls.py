"""One call to a model: invoked, its answer looked at, its failures translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from graph_agent.errors import ModelAnswerError, ModelTransientError
from graph_agent.models.failures import raise_translated
from graph_agent.models.profiles import profile_of
from graph_agent.models.question import Question
from graph_agent.models.redaction import secrets_of
from graph_agent.records import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from graph_agent.models.answer_cache import AnswerCache

__all__ = ["ModelReply", "acall_model", "call_model", "reply_of"]

_BLOCKED = frozenset(
    {
        *("safety", "recitation", "blocklist", "prohibited_content", "spii"),
        *(
            "image_safety",
            "content_filter",
            "refusal",
            "content_filtered",
            "guardrail_intervened",
        ),
    }
)
_TRUNCATED = frozenset(
    {
        "max_tokens",
        "length",
        "model_length",
        "model_context_window_exceeded",
        "max_output_tokens",
    }
)
_TELL_REASON = frozenset({"google_genai"})
"""Providers whose every whole answer says why it stopped: a stream that ends without was cut,
which HTTP cannot tell when a proxy ends it in order."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class ModelReply:
    """What a model said; ``finish_reason`` is the provider's own word for why it stopped.

    ``cached``: it said so earlier, and was not asked this time.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish_reason: str | None = None
    cached: bool = False

    @property
    def usage(self) -> Usage:
        """What the answer took."""
        if self.cached:
            return Usage(cached_calls=1)
        return Usage(calls=1, input_tokens=self.input_tokens, output_tokens=self.output_tokens)


def call_model(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    tag: str,
    config: RunnableConfig | None = None,
    cache: AnswerCache | None = None,
) -> ModelReply:
    """Ask the model and return its text.

    ``tag`` joins the tags of ``config``, whose callbacks stay in force. A question whose
    answer ``cache`` keeps is not sent.

    Raises:
        ModelTransientError: repeating the call may help.
        ModelRequestError: it would not.
        ModelAnswerError: the answer is empty, blocked, truncated or malformed.
    """

    def ask() -> ModelReply:
        return reply_of(invoke(client, client, messages, tag, config), profile_of(client).name)

    if cache is None:
        return ask()
    return cache.ask(Question(client, messages, tag, config), ask)


async def acall_model(
    client: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    tag: str,
    config: RunnableConfig | None = None,
    cache: AnswerCache | None = None,
) -> ModelReply:
    """Do as :func:`call_model` does, without blocking the event loop.

    Raises:
        ModelError: as :func:`call_model`.
    """

    async def ask() -> ModelReply:
        answer = await ainvoke(client, client, messages, tag, config)
        return reply_of(answer, profile_of(client).name)

    if cache is None:
        return await ask()
    return await cache.aask(Question(client, messages, tag, config), ask)


def invoke(
    client: BaseChatModel,
    runnable: Runnable[Any, _Answer],
    messages: Sequence[BaseMessage],
    tag: str,
    config: RunnableConfig | None,
) -> _Answer:
    """Invoke ``runnable``, made of ``client``, and translate what it raises."""
    try:
        return runnable.invoke(list(messages), _tagged(config, tag))
    except Exception as exc:
        raise_translated(exc, profile_of(client).name, secrets_of(client))
        raise


async def ainvoke(
    client: BaseChatModel,
    runnable: Runnable[Any, _Answer],
    messages: Sequence[BaseMessage],
    tag: str,
    config: RunnableConfig | None,
) -> _Answer:
    """Do as :func:`invoke` does, without blocking the event loop."""
    try:
        return await runnable.ainvoke(list(messages), _tagged(config, tag))
    except Exception as exc:
        raise_translated(exc, profile_of(client).name, secrets_of(client))
        raise


def _tagged(config: RunnableConfig | None, tag: str) -> RunnableConfig:
    from langchain_core.runnables.config import merge_configs

    return merge_configs(config, {"tags": [tag]})


def reply_of(message: AIMessage | BaseMessage, model: str) -> ModelReply:
    """Read a message.

    Raises:
        ModelTransientError: it is the beginning of one whose rest did not come.
        ModelAnswerError: it is empty, blocked or truncated.
    """
    metadata = message.response_metadata or {}
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    reason = str(getattr(reason, "name", reason)) if reason else None
    reply = ModelReply(str(message.text), *tokens_of(message), reason)
    word = (reason or "").lower()
    blocked = _block_reason(metadata) or (reason if word in _BLOCKED else None)
    if blocked:
        why = f"was blocked ({blocked}); word the request differently"
        raise unusable(reply, model, "blocked", why)
    if word in _TRUNCATED:
        why = (
            f"was cut off at its limit of output tokens ({reason}); "
            "ask for less at once or take a model with a higher limit"
        )
        raise unusable(reply, model, "truncated", why)
    if reply.text and reason is None and metadata.get("model_provider") in _TELL_REASON:
        raise ModelTransientError(f"the answer of {model!r} broke off before its end; ask again")
    if not reply.text.strip():
        because = f" ({reason})" if reason else ""
        why = f"was empty{because}; ask again or take another model"
        raise unusable(reply, model, "empty", why)
    return reply


def unusable(reply: ModelReply, model: str, kind: str, why: str) -> ModelAnswerError:
    """Make the error of an answer that is no use, with the tokens it cost."""
    message = f"the answer of {model!r} {why}"
    return ModelAnswerError(message, kind, reply.input_tokens, reply.output_tokens)


def tokens_of(message: BaseMessage) -> tuple[int, int]:
    """Return the tokens of the prompt and of the answer, 0 where the provider does not tell."""
    usage: Mapping[str, Any] = getattr(message, "usage_metadata", None) or {}
    return int(usage.get("input_tokens") or 0), int(usage.get("output_tokens") or 0)


def _block_reason(metadata: Mapping[str, Any]) -> str | None:
    """Return why Gemini refused the prompt itself, if it did."""
    feedback = metadata.get("prompt_feedback")
    reason = feedback.get("block_reason") if isinstance(feedback, Mapping) else None
    reason = getattr(reason, "name", reason)
    return str(reason) if reason and reason != "BLOCKED_REASON_UNSPECIFIED" else None
