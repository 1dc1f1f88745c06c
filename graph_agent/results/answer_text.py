"""The answer of a run as plain text: a line that begins ``Answer:``, and tables below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_agent.records import total_usage
from graph_agent.results.shown_tables import table_text
from graph_agent.summaries.parts import quantity, short_repr, truncate

Result = Any
"""A :class:`~graph_agent.results.result.CodeGenerationResult`, which imports this module."""
MAX_TEXT_CHARS = 2_000


def answer_text(result: Result) -> str:
    """Show the answer; for a run without success, say why there is none."""
    if not result.success:
        return f"Not solved: {result.output.get('reason') or result.explanation or 'no answer'}"
    answer = result.answer
    if answer is None:
        return f"Answer: {without_value(result)}"
    state: Mapping[str, Any] = result.output  # it has more channels than its type
    asked: list[str] = state.get("returns") or []
    if isinstance(answer, dict) and len(asked) > 1 and answer.keys() <= set(asked):
        shown = "\n".join(named_text(name, value) for name, value in answer.items())
        return f"Answer: {', '.join(answer)}\n{shown}"
    table = table_text(answer)
    if table is not None:
        return f"Answer: {table_size(answer)}\n{table}"
    return f"Answer: {plain(answer)}"


def verdict_line(result: Result) -> str:
    """Say in one line who judged, and what the run took."""
    last = result.attempts[-1].analysis if result.attempts else None
    return ", ".join(_verdict(result, None if last is None else last.judged_by))


def _verdict(result: Result, judge: str | None) -> Iterator[str]:
    state = "Solved" if result.success else "Not solved"
    number = len(result.attempts)
    yield f"{state} after {number} attempt{'' if number == 1 else 's'}"
    if judge is not None:
        yield f"judged by {judge}"
    if result.agreement is not None:
        yield "{} of {} programs agree".format(*result.agreement)
    used = total_usage(result.output)
    yield f"{used.calls} model call{'' if used.calls == 1 else 's'}"
    if tokens := used.input_tokens + used.output_tokens:
        yield f"{tokens:,} tokens"
    values: Mapping[str, Any] = result.output
    yield f"{values.get('spent_s') or 0.0:.1f} s"
    if result.cost is not None:
        yield f"cost {result.cost:.4f}"


def without_value(result: Result) -> str:
    """Say what a run made that has no answer to show."""
    kinds = (("figure", len(result.figures)), ("file", len(result.files)))
    made = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in kinds if count]
    made += [", ".join(result.variables)] if result.variables else []
    return "; ".join(made) or "the program ran and returned nothing"


def named_text(name: str, value: object) -> str:
    """Show a value below or after its name."""
    table = table_text(value)
    return f"{name}: {plain(value)}" if table is None else f"{name}: {table_size(value)}\n{table}"


def plain(value: object) -> str:
    """Show a value that is no table."""
    if isinstance(value, str):
        return truncate(value, MAX_TEXT_CHARS)
    return short_repr(value, MAX_TEXT_CHARS)


def table_size(table: Any) -> str:
    """Count a table's rows and columns."""
    rows = quantity(table.shape[0], "row")
    return f"{rows} × {quantity(table.shape[1], 'column')}" if len(table.shape) == 2 else rows
