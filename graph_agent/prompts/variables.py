"""The parts of a prompt that tell what is asked and which variables there are.

The summaries were made at the request's privacy level; nothing is added to
them but names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graph_agent.prompts.bounds import (
    MAX_NAMES_CHARS,
    MAX_REQUEST_CHARS,
    MIN_REQUEST_CHARS,
    Part,
    clip,
    text_part,
)
from graph_agent.prompts.lists import described, first_line, listed
from graph_agent.records import Json
from graph_agent.state import AgentState

MAX_REASON_CHARS = 200
MAX_COLUMN_CHARS = 200
_WORD = re.compile(r"\w+")


def request_part(state: AgentState) -> Part:
    """Tell the request, which goes last and in the smallest windows only."""
    text = state["request"].strip()
    return text_part(text, 0, MAX_REQUEST_CHARS, label="Request: ", min_chars=MIN_REQUEST_CHARS)


def variables_text(state: AgentState, max_chars: int) -> str:
    """Describe every given variable, and name those that could not be given.

    Where there is no room for all, the ones that the request names are
    described first, then the others in their order; the rest get a line each,
    and what is left after that is counted.
    """
    summaries = state.get("summaries") or []
    unsendable = (state.get("variables") or {}).get("unsendable", {})
    if not summaries and not unsendable:
        return "There are no variables; everything needed is in the request."
    missing = listed(
        [
            f"{name}: NOT available to the code ({clip(str(why), MAX_REASON_CHARS)})"
            for name, why in unsendable.items()
        ],
        min(MAX_NAMES_CHARS, max_chars // 2),
        "\n",
    )
    there = _described(state, summaries, max_chars - len(missing) - 2)
    return "\n\n".join(filter(None, [there, missing]))


def _described(state: AgentState, summaries: Sequence[Json], max_chars: int) -> str:
    asked = "\n".join([state.get("request") or "", state.get("checks") or ""])
    words = set(_WORD.findall(asked))
    texts = [_with_columns(one, asked, words) for one in summaries]
    lines = [first_line(str(one["text"])) for one in summaries]
    named = {index for index, one in enumerate(summaries) if one["name"] in words}
    return described(texts, lines, named, max_chars, "\n\n")


def _with_columns(summary: Json, asked: str, words: set[str]) -> str:
    """Add the columns that the request names and the description has no more room for."""
    text = str(summary["text"])
    lost = [
        repr(column)
        for column in map(str, summary.get("columns") or ())
        if len(column) <= MAX_COLUMN_CHARS
        and (column in words if _WORD.fullmatch(column) else column.strip() and column in asked)
        and repr(column) not in text
    ]
    return f"{text}\n  also has the columns {listed(lost, MAX_NAMES_CHARS)}" if lost else text
