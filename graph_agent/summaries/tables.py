"""The text of any table, whichever library it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from graph_agent.summaries.record import Description, View
from graph_agent.summaries.text import count, listing, short_repr

__all__ = [
    "HEAD_ROWS",
    "Column",
    "column_stats",
    "describe_table",
    "number_stats",
    "stats_rows",
    "unique_text",
]

HEAD_ROWS = 5
_MAX_COLUMNS = 40
_MAX_NESTED_COLUMNS = 12
_MAX_CELL_CHARS = 40
_MAX_UNIQUE = 1_000
_MAX_CATEGORIES = 8
_MAX_STATS_ROWS = 1_000_000
_MAX_STATS_CELLS = 4_000_000
_COLUMNS_SHARE = 0.75  # of the room; the rest is for the names of columns left out
_COLUMNS_SHARE_SAMPLE = 0.5  # and, in a sample, for rows


@dataclass(frozen=True)
class Column:
    """A column: its label and dtype as text, its aggregates, its first values."""

    label: str
    dtype: str
    stats: str = ""
    head: tuple[object, ...] = ()


def stats_rows(n_rows: int, n_columns: int) -> int:
    """Return how many rows to aggregate over, so that it takes about a second at most."""
    shown = max(1, min(n_columns, _MAX_COLUMNS))
    return min(n_rows, _MAX_STATS_ROWS, _MAX_STATS_CELLS // shown)


def number_stats(low: object, high: object, mean: object) -> str:
    """Write minimum, maximum and mean."""
    return f"min {_number(low)}, max {_number(high)}, mean {_number(mean)}"


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return short_repr(value, 30)


def unique_text(n_unique: int, distinct: Callable[[], Iterable[object]] | None = None) -> str:
    """Write a number of distinct values; beyond some it only says that there are many.

    ``distinct`` gives the values, for a column of categories in a sample.
    """
    if n_unique > _MAX_UNIQUE:
        return f"over {_MAX_UNIQUE:,} unique"
    text = f"{n_unique:,} unique"
    if distinct is None or not 0 < n_unique <= _MAX_CATEGORIES:
        return text
    return f"{text} ({', '.join(short_repr(value, 30) for value in distinct())})"


def describe_table(
    headline: str,
    schema: Sequence[tuple[str, str]],
    columns: Iterator[Column],
    view: View,
    *,
    n_rows: int,
    notes: Sequence[str] = (),
) -> Description:
    """Describe a table.

    Args:
        headline: its type and shape.
        schema: label and dtype of every column.
        columns: the same columns, computed as they are drawn.
        view: how closely to look.
        n_rows: how many rows it has.
        notes: lines to put first, such as one on the index.
    """
    if view.depth:
        labels = listing(
            (label for label, _ in schema[:99]), _MAX_NESTED_COLUMNS, total=len(schema)
        )
        return Description(f"{headline}; columns: {labels}" if schema else headline, [])
    lines = list(notes)
    if schema:
        lines.append("columns:")
    room = view.max_chars * (_COLUMNS_SHARE_SAMPLE if view.sample else _COLUMNS_SHARE)
    room -= len(headline) + sum(map(len, lines))
    shown: list[Column] = []
    for column in islice(columns, _MAX_COLUMNS):
        line = f"  {column.label}: {column.dtype}" + (f", {column.stats}" if column.stats else "")
        room -= len(line) + 3
        if shown and room < 0:
            break
        shown.append(column)
        lines.append(line)
    if rest := schema[len(shown) :]:
        lines.append(_left_out(rest, view.max_chars // 6))
    used = stats_rows(n_rows, len(schema))
    if view.stats and used < n_rows:
        lines.append(f"(aggregates are of the first {used:,} rows)")
    if view.sample and n_rows and shown:
        lines.extend(_head(shown, view.max_chars - sum(len(line) + 3 for line in lines) - 60))
    return Description(headline, lines)


def _left_out(rest: Sequence[tuple[str, str]], room: int) -> str:
    """Count the columns there was no room for by dtype, and name some."""
    kinds = Counter(dtype for _, dtype in rest)
    text = f"  … {count(len(rest), 'more column')}"
    text += f" ({listing((f'{n:,} {dtype}' for dtype, n in kinds.most_common()), 5)}): "
    named = 0
    for label, _ in rest:
        room -= len(label) + 2
        if named and room < 0:
            break
        named += 1
    return text + listing((label for label, _ in rest[:named]), named, total=len(rest))


def column_stats(compute: Callable[[], Iterable[str]]) -> str:
    """Join a column's aggregates; one that fails is named and ends the list, never the table."""
    parts: list[str] = []
    try:
        parts.extend(compute())
    except Exception as exc:  # cells may be any objects, with any __eq__, __hash__
        parts.append(f"aggregates failed ({type(exc).__name__})")
    return ", ".join(parts)


def _head(columns: Sequence[Column], room: float) -> list[str]:
    """Write the first rows, of as many columns as there is room for."""
    n_rows = len(columns[0].head)
    cells: list[list[str]] = []
    for column in columns:
        texts = [column.label, *(short_repr(cell, _MAX_CELL_CHARS) for cell in column.head)]
        room -= sum(len(text) + 3 for text in texts)
        if cells and room < 0:
            break
        cells.append(texts)
    which = "" if len(cells) == len(columns) else f" of the first {count(len(cells), 'column')}"
    rows = [" | ".join(row) for row in zip(*cells, strict=True)]
    return [f"first {count(n_rows, 'row')}{which}:", *(f"  {row}" for row in rows)]
