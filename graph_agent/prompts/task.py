"""The parts of a prompt that state the task: the request, its variables, and what to define.

The summaries of variables already obey the request's privacy level. Only names are added to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_NAMES_CHARS,
    MAX_OUTPUT_CHARS,
    MAX_REQUEST_CHARS,
    MAX_VARIABLES_CHARS,
    MIN_REQUEST_CHARS,
    Part,
    described,
    first_line,
    listed,
    text_part,
)
from graph_agent.prompts.conversation import conversation_parts
from graph_agent.prompts.likely_columns import likely_columns_text
from graph_agent.prompts.likely_keys import likely_keys
from graph_agent.prompts.nearest_examples import examples_text
from graph_agent.prompts.quoting import within_line
from graph_agent.records import Json
from graph_agent.return_types import in_words
from graph_agent.state import AgentState

__all__ = [
    "reminder_parts",
    "request_part",
    "task_parts",
    "type_hints",
    "variables_renderer",
    "variables_text",
    "wanted_names",
]

MAX_REASON_CHARS = 200
MAX_COLUMN_CHARS = 200
MAX_KEYS_CHARS = 500
MAX_EXAMPLES_CHARS = 1_000
_WORD = re.compile(r"\w+")
_SCALARS = {
    "builtins.bool": "True or False: the result of a comparison, not the number that it compares",
    "builtins.int": "one whole number, not a label, a list or a Series",
    "builtins.float": "one number, not a label, a list or a Series",
    "builtins.str": "one label or text as it stands in the data, not its position or count",
}
_LISTS = {
    "builtins.int": "a plain list of whole numbers, not of labels or pairs",
    "builtins.float": "a plain list of numbers, not of labels or pairs",
    "builtins.str": "a plain list of labels, not of their counts or of pairs",
    "builtins.bool": "a plain list of True and False",
}


def task_parts(state: AgentState, *, for_small_model: bool) -> Iterator[Part]:
    """State the task; what stays the same for requests about the same values comes first."""
    checks = state.get("checks")
    if state.get("earlier"):
        yield from conversation_parts(state, 7)
    yield Part(variables_renderer(state), 6, MAX_VARIABLES_CHARS, label="Variables:\n")
    if for_small_model:
        yield from _near_request_parts(state)
    yield request_part(state)
    if checks:
        label = "After your program, this code runs in the same namespace and must pass:\n"
        yield text_part(checks, 2, MAX_CODE_CHARS, label=label)
    yield from _wanted(state)


def _wanted(state: AgentState) -> Iterator[Part]:
    """Name the variables to define, and say what values of their types are."""
    returns, kinds = state.get("returns") or [], state.get("return_types") or {}
    if returns:
        label = "Define these variables: "
        names = wanted_names(returns, kinds)
        yield Part(lambda most: listed(names, most), 1, 2 * MAX_NAMES_CHARS, label=label)
    if hints := type_hints(returns, kinds):
        yield Part(lambda most: listed(hints, most, "\n"), 1, MAX_NAMES_CHARS)


def reminder_parts(state: AgentState) -> Iterator[Part]:
    """Repeat what is asked after a failure: a small model goes astray far from the request."""
    yield text_part(state["request"].strip(), 6, MAX_OUTPUT_CHARS, label="Request: ")
    yield from _wanted(state)


def wanted_names(names: Sequence[str], kinds: Mapping[str, Json]) -> list[str]:
    """Return each name, with its type where that is given."""
    return [f"{name} ({in_words(kinds[name])})" if name in kinds else name for name in names]


def type_hints(names: Sequence[str], kinds: Mapping[str, Json]) -> list[str]:
    """Say what a value of each common type is, and what it is often mistaken for."""
    said = {name: _said(kinds.get(name) or {}) for name in names}
    return [f"{name} must be {words}." for name, words in said.items() if words]


def _said(kind: Json) -> str:
    wanted = str(kind.get("class", ""))
    if wanted == "builtins.list":
        return _LISTS.get(str((kind.get("items") or {}).get("class")), "a plain list")
    return _SCALARS.get(wanted, "")


def request_part(state: AgentState) -> Part:
    """Make the part with the request; it is shortened last, and only in the smallest windows."""
    text = state["request"].strip()
    return text_part(text, 0, MAX_REQUEST_CHARS, label="Request: ", min_chars=MIN_REQUEST_CHARS)


def _near_request_parts(state: AgentState) -> Iterator[Part]:
    """Show what resembles the request: examples, and columns that share words with it."""
    summaries = state.get("summaries") or []
    given = [str(summary["name"]) for summary in summaries]
    examples = examples_text(state["request"], state.get("return_types") or {}, given)
    yield text_part(examples, 8, MAX_EXAMPLES_CHARS)
    yield text_part(likely_columns_text(state["request"], summaries), 7, MAX_NAMES_CHARS)


def variables_text(state: AgentState, max_chars: int) -> str:
    """Describe the given variables, and name those that could not be passed to the code.

    If there isn't room for all, variables that the request names come first, then the others in
    order. The rest get one line each, and those that still don't fit are counted.
    """
    return variables_renderer(state)(max_chars)


def variables_renderer(state: AgentState) -> Callable[[int], str]:
    """Return :func:`variables_text` for one state, prepared for repeated calls."""
    summaries = state.get("summaries") or []
    unsendable = (state.get("variables") or {}).get("unsendable", {})
    if not summaries and not unsendable:
        return lambda _: "There are no variables; everything needed is in the request."
    asked = "\n".join([state.get("request") or "", state.get("checks") or ""])
    words = set(_WORD.findall(asked))
    texts = [_with_columns(summary, asked, words) for summary in summaries]
    lines = [first_line(str(summary["text"])) for summary in summaries]
    named = {index for index, summary in enumerate(summaries) if summary["name"] in words}
    missing_lines = [
        f"{name}: NOT available to the code ({_reason(str(reason), state)})"
        for name, reason in unsendable.items()
    ]

    keys = likely_keys(summaries) if len(summaries) > 1 else []

    def render(max_chars: int) -> str:
        missing = listed(missing_lines, min(MAX_NAMES_CHARS, max_chars // 2), "\n")
        joins = f"Likely keys: {listed(keys, min(MAX_KEYS_CHARS, max_chars // 8))}" if keys else ""
        room = max_chars - len(missing) - len(joins) - 4
        available = described(texts, lines, named, room, "\n\n")
        return "\n\n".join(filter(None, [available, joins, missing]))

    return render


def _reason(reason: str, state: AgentState) -> str:
    """Return why a variable is missing; below ``sample`` without the words of its own error."""
    if (state.get("privacy") or "sample") != "sample":
        reason = reason.partition(" (")[0]
    return within_line(reason, MAX_REASON_CHARS)


def _with_columns(summary: Json, asked: str, words: set[str]) -> str:
    """Add columns that the request names but the summary had no room for."""
    text = str(summary["text"])
    lost = [
        repr(column)
        for column in map(str, summary.get("columns") or ())
        if len(column) <= MAX_COLUMN_CHARS
        and (column in words if _WORD.fullmatch(column) else column.strip() and column in asked)
        and repr(column) not in text
    ]
    return f"{text}\n  also has the columns {listed(lost, MAX_NAMES_CHARS)}" if lost else text
