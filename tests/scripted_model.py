"""A chat model that answers from a script: for tests of everything but models."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

Reply = str | Exception | Callable[[list[BaseMessage]], str]


def fenced(code: str) -> str:
    """Make an answer that holds code."""
    return f"Here it is.\n\n```python\n{code}\n```\n"


def verdict(success: bool, *, retry: bool | None = None, why: str = "Seen.", plan: str = "") -> str:
    """Make an answer that judges."""
    return json.dumps(
        {
            "success": success,
            "should_retry": (not success) if retry is None else retry,
            "explanation": why,
            "plan": plan,
        }
    )


class ScriptedModel(BaseChatModel):
    """Answers calls tagged ``generate`` from ``codes`` and ``analyze`` from ``verdicts``, in order.

    ``seen`` keeps (tag, messages) of every call. A call past the end of its
    list is a failure of the test.
    """

    codes: list[Any] = Field(default_factory=list)
    verdicts: list[Any] = Field(default_factory=list)
    _seen: list[tuple[str, list[BaseMessage]]] = PrivateAttr(default_factory=list)

    @property
    def seen(self) -> list[tuple[str, list[BaseMessage]]]:
        """Every call so far."""
        return self._seen

    @property
    def calls(self) -> list[str]:
        """The tag of every call so far."""
        return [tag for tag, _ in self._seen]

    def prompt(self, index: int) -> str:
        """Join the texts of one call's messages."""
        return "\n".join(str(message.content) for message in self._seen[index][1])

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tags = run_manager.tags if run_manager else []
        tag = next(node for node in ("generate", "analyze") if node in tags)
        self._seen.append((tag, messages))
        script: list[Reply] = self.codes if tag == "generate" else self.verdicts
        index = self.calls.count(tag) - 1
        assert index < len(script), f"the script has no answer for {tag} number {index + 1}"
        reply = script[index]
        if isinstance(reply, Exception):
            raise reply
        text = reply if isinstance(reply, str) else reply(messages)
        message = AIMessage(
            text, usage_metadata={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        )
        return ChatResult(generations=[ChatGeneration(message=message)])
