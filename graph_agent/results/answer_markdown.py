"""The answer of a run as Markdown for a chat: the answer, its tables, one line of verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_agent.results.answer_text import (
    MAX_TEXT_CHARS,
    Result,
    plain,
    table_size,
    verdict_line,
    without_value,
)
from graph_agent.results.markdown import code_span, fenced, inline, sentence
from graph_agent.results.shown_tables import table_markdown
from graph_agent.summaries.parts import truncate
from sandbox.errors import PayloadError, VariableStoreError

__all__ = ["answer_markdown", "verdict_markdown"]


def answer_markdown(result: Result) -> str:
    """Show the answer, or say why there is none, and who judged; nothing in it is markup."""
    try:
        answer = "\n\n".join(_answer(result))
    except (PayloadError, VariableStoreError) as error:
        answer = f"Answer: not readable ({sentence(str(error))})"
    return f"{answer}\n\n{verdict_markdown(result)}"


def verdict_markdown(result: Result) -> str:
    """Say in one line who judged, and what the run took."""
    return f"*{sentence(verdict_line(result))}.*"


def _answer(result: Result) -> Iterator[str]:
    if not result.success:
        reason = result.output.get("reason") or result.explanation or "no answer"
        yield f"Not solved: {inline(truncate(str(reason), MAX_TEXT_CHARS))}"
        return
    answer = result.answer
    if answer is None:
        yield f"Answer: {sentence(without_value(result))}"
        return
    state: Mapping[str, Any] = result.output  # it has more channels than its type
    asked: list[str] = state.get("returns") or []
    if isinstance(answer, dict) and len(asked) > 1 and answer.keys() <= set(asked):
        for name, value in answer.items():
            yield from _shown(f"{code_span(name)}:", value)
        return
    yield from _shown("Answer:", answer)


def _shown(label: str, value: object) -> Iterator[str]:
    table = table_markdown(value)
    if table is not None:
        yield f"{label} {table_size(value)}"
        yield table
        return
    text = plain(value)
    if "\n" in text:
        yield label
        yield fenced(text)
    else:
        yield f"{label} {sentence(text)}"
