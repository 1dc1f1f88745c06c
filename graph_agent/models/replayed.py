"""A chat model that repeats an answer, so that callbacks, events and traces see it."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

__all__ = ["ReplayedModel"]


class ReplayedModel(BaseChatModel):
    """Answers with ``text``, in one piece and without a request; uses no tokens."""

    text: str

    @property
    def _llm_type(self) -> str:
        return "codegen-agent-replayed"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.text))])
