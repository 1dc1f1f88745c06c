"""Joins the parts of Gemini's answers.

LangChain's client removes the line ends at the end of each part of an answer that isn't
streamed. Joined before it sees them, the parts are one text again.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graph_agent.errors import ModelTransientError
from graph_agent.models.profiles import changed

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_google_genai import ChatGoogleGenerativeAI

__all__ = ["with_joined_parts"]


def with_joined_parts(client: ChatGoogleGenerativeAI) -> BaseChatModel:
    """Return a copy of a client that joins the parts of an answer."""
    return changed(client, {"client": _Joining(client.client)})


class _Joining:
    """A view of Google's client, or of a part of it."""

    def __init__(self, viewed: Any) -> None:
        self._viewed = viewed

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._viewed, name)
        if name in ("models", "aio"):
            return _Joining(value)
        if name != "generate_content":
            return value
        if not inspect.iscoroutinefunction(value):
            return lambda **asked: _joined(value(**asked), asked)

        async def ask(**asked: Any) -> Any:
            return _joined(await value(**asked), asked)

        return ask


def _joined(response: Any, asked: Mapping[str, Any]) -> Any:
    """Append each text part to the one before it of its kind: thought or answer.

    Raises:
        ModelTransientError: it is neither an answer nor a refusal.
    """
    is_answer = isinstance(response.candidates, list) and response.candidates
    if not is_answer and not response.prompt_feedback:
        model = str(asked.get("model"))
        raise ModelTransientError(f"what the server of {model!r} sent is no answer; ask again")
    for candidate in response.candidates or ():
        parts = (candidate.content and candidate.content.parts) or []
        kept: list[Any] = []
        texts: dict[bool, Any] = {}
        for part in parts:
            first = texts.get(bool(part.thought))
            if part.text is None or first is None:
                kept.append(part)
                if part.text is not None:
                    texts[bool(part.thought)] = part
            else:
                first.text += part.text
                first.thought_signature = first.thought_signature or part.thought_signature
        if len(kept) < len(parts):
            candidate.content.parts = kept
    return response
