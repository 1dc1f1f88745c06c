"""The answer of a run as a chat message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from graph_agent.prompts.bounds import MAX_OUTCOME_CHARS
from graph_agent.prompts.outcomes import outcome_text
from graph_agent.records import Json, attempts_of
from graph_agent.results.answer_markdown import answer_markdown, verdict_markdown
from graph_agent.results.blocks import blocks
from graph_agent.results.result import CodeGenerationResult, result_from
from graph_agent.state import AgentOutput, AgentState
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.records import Figure
from sandbox.variables.store import VariableStore

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

__all__ = ["NAME", "reply_to"]

NAME = "codegen-agent"
"""The author's name in the message: supervisors tell their agents apart by it."""
MAX_PICTURES = 8
MAX_PICTURE_BYTES = 4 << 20
"""For all pictures of a message: a checkpoint holds them, and so do all later ones of SQLite."""


def reply_to(state: AgentState, reply_id: str, store: VariableStore, *, is_nested: bool) -> Any:
    """Return the message that answers: text, tables in Markdown, and pictures.

    ``is_nested``: another graph gets it, whose model usually reads all messages. Then the text
    obeys the privacy level, and pictures are beside the content, where no provider sends them to
    a model: most refuse a picture in a model's own message.
    """
    from langchain_core.messages import AIMessage

    private = is_nested and (state.get("privacy") or "sample") != "sample"
    result = _result(state, store)
    if result is None:
        text, figures = "The answer's values can't be read any more.", list[Figure]()
    elif private:
        text, figures = _without_values(state, result), []
    else:
        text, figures = answer_markdown(result), list(_small_enough(result.figures))
        text += _left_out(len(result.figures) - len(figures))
    if is_nested:
        return _message(AIMessage, text, reply_id, {"figures": blocks("", figures)[1:]})
    content = blocks(text, figures) if figures else text
    return _message(AIMessage, content, reply_id, {})


def _message(kind: type[AIMessage], content: Any, reply_id: str, more: Json) -> AIMessage:
    beside = {name: value for name, value in more.items() if value}
    return kind(content=content, id=reply_id, name=NAME, additional_kwargs=beside)


def _result(state: AgentState, store: VariableStore) -> CodeGenerationResult | None:
    """Return the run's result; None if what it shows is no longer in the store."""
    try:
        return result_from(cast("AgentOutput", state), store, "")
    except (PayloadError, VariableStoreError):
        return None


def _without_values(state: AgentState, result: CodeGenerationResult) -> str:
    """Describe the run as its own model may see it at the privacy level."""
    ran = [each.execution for each in attempts_of(state) if each.execution is not None]
    seen = outcome_text(ran[-1], state, MAX_OUTCOME_CHARS) if ran else "No code was run."
    return f"{seen}\n\n{verdict_markdown(result)}"


def _small_enough(figures: Sequence[Figure]) -> Iterator[Figure]:
    room = MAX_PICTURE_BYTES
    for figure in figures[:MAX_PICTURES]:
        size = len((figure.preview or figure).data)
        if size <= room:
            room -= size
            yield figure


def _left_out(count: int) -> str:
    if count == 0:
        return ""
    what = "1 figure is" if count == 1 else f"{count} figures are"
    return f"\n\n{what} too large for a message."
