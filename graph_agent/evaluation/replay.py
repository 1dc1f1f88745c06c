"""Models that answer with a suite's own programs, to test everything but models."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from graph_agent.errors import ModelUnknownError, RequestError
from graph_agent.evaluation.suite import Question, Suite
from graph_agent.models.profiles import REPLAYED

__all__ = ["REPLAY", "ReplayedPrograms", "check_replay", "replay_of"]

REPLAY = "replay:"
_NAMES = ("replay:reference", "replay:wrong-then-reference")


class ReplayedPrograms(BaseChatModel):
    """Answers the first attempt with the first program, and each later one with the last.

    It tells them apart by its earlier answer in the prompt, so a resumed run goes on as it was.
    """

    programs: list[str]

    @property
    def _llm_type(self) -> str:
        return REPLAYED

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        is_first = not any(isinstance(message, AIMessage) for message in messages)
        program = self.programs[0 if is_first else -1]
        answer = AIMessage(f"```python\n{program.strip()}\n```")
        return ChatResult(generations=[ChatGeneration(message=answer)])


def check_replay(name: str, suite: Suite) -> None:
    """Check that every question has the programs that a replay model needs.

    Raises:
        ModelUnknownError: no replay model has this name.
        RequestError: a question lacks a program.
    """
    if name not in _NAMES:
        raise ModelUnknownError(f"no replay model is called {name!r}; use {' or '.join(_NAMES)}")
    for question in suite.questions:
        if question.reference is None or (name == _NAMES[1] and not question.wrong):
            lacking = "reference" if question.reference is None else "wrong"
            raise RequestError(f"{name} needs programs: question {question.id!r} has no {lacking}")


def replay_of(name: str, question: Question) -> ReplayedPrograms:
    """Return the model that answers one question."""
    wrong = question.wrong[:1] if name == _NAMES[1] else ()
    return ReplayedPrograms(programs=[*wrong, question.reference or ""])
