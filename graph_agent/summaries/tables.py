"""The text for tables and their columns, the same for all libraries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graph_agent.summaries.parts import (
    Description,
    View,
    join_first,
    quantity,
    short_repr,
    type_name,
)
from graph_agent.summaries.patterns import MAX_VALUES, patterns

HEAD_ROWS = 5
_MAX_COLUMNS = 40
_MAX_NESTED_COLUMNS = 12
_MAX_LABEL_CHARS = 80
_MAX_CELL_CHARS = 40
_MAX_UNIQUE = 1_000
_MAX_CATEGORIES = 8
_MAX_STATS_ROWS = 1_000_000
_MAX_STATS_CELLS = 4_000_000
_COLUMNS_SHARE = 0.75  # of the room; the rest is for the names of omitted columns
_COLUMNS_SHARE_SAMPLE = 0.55  # and, in a sample, for rows


class Column(ABC):
    """A column, series or array of a library; its methods read it only when called."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    @property
    @abstractmethod
    def numeric(self) -> bool:
        """Whether minimum, maximum and mean make sense."""

    @abstractmethod
    def first(self, n_rows: int) -> Column:
        """Return the first rows."""

    @abstractmethod
    def to_list(self) -> list[object]:
        """Convert all values to Python objects."""

    @abstractmethod
    def n_missing(self) -> int:
        """Count the missing values."""

    @abstractmethod
    def unique(self) -> Column | None:
        """Return the distinct values without missing ones; None if they can't be compared."""

    @abstractmethod
    def min_max_mean(self) -> tuple[object, object, object]:
        """Aggregate numbers."""


def describe_table(
    table: object,
    n_rows: int,
    schema: Sequence[tuple[object, str]],
    column_at: Callable[[int], Column],
    view: View,
    *,
    notes: Sequence[str] = (),
) -> Description:
    """Describe a table.

    Args:
        table: the value itself, only for its type.
        n_rows: how many rows it has.
        schema: name and dtype of every column.
        column_at: returns the column at a position.
        view: how closely to look.
        notes: lines to put first, such as one on the index.
    """
    headline = f"{type_name(table)}, {quantity(n_rows, 'row')} × {quantity(len(schema), 'column')}"
    names = [name for name, _ in schema]
    if view.depth:
        labels = join_first(map(_label, names[:99]), _MAX_NESTED_COLUMNS, total=len(names))
        return Description(f"{headline}; columns: {labels}" if schema else headline, [])
    lines = list(notes)
    if schema:
        lines.append("columns:")
    room = view.max_chars * (_COLUMNS_SHARE_SAMPLE if view.sample else _COLUMNS_SHARE)
    room -= len(headline) + sum(map(len, lines))
    used = _stats_rows(n_rows, len(schema))
    shown: list[tuple[str, Column]] = []
    for position, (name, dtype) in enumerate(schema[:_MAX_COLUMNS]):
        column = column_at(position).first(used)
        stats = _stats(column, view)
        line = f"  {_label(name)}: {dtype}" + (f", {stats}" if stats else "")
        room -= len(line) + 3
        if shown and room < 0:
            break
        shown.append((_label(name), column))
        lines.append(line)
    if omitted := schema[len(shown) :]:
        left = view.max_chars - len(headline) - sum(len(line) + 3 for line in lines)
        lines.append(_omitted_columns(omitted, min(view.max_chars // 4, left - 100)))
    if view.stats:
        lines += partial_note(used, n_rows, "row")
    if view.sample and n_rows and shown:
        lines += _head(shown, view.max_chars - sum(len(line) + 3 for line in lines) - 60)
    return Description(headline, lines, names)


def describe_column(
    values: object,
    column: Column,
    dtype: str,
    view: View,
    *,
    names: Sequence[object] = (),
    notes: Sequence[str] = (),
) -> Description:
    """Describe a value that is a single column, such as a series."""
    headline = f"{type_name(values)}, {quantity(len(column), 'value')} of {dtype}"
    if names:
        headline += f", named {join_first(map(_label, names), 10)}"
    if view.depth:
        return Description(headline, [])
    part = column.first(_stats_rows(len(column), 1))
    lines = list(notes)
    if stats := _stats(part, view):
        lines += [stats, *partial_note(len(part), len(column), "value")]
    if view.sample and len(column):
        cells = [short_repr(cell, 80) for cell in part.first(HEAD_ROWS).to_list()]
        lines.append(f"first values: {', '.join(cells)}")
    return Description(headline, lines)


def number_stats(low: object, high: object, mean: object) -> str:
    """Write minimum, maximum and mean."""
    return f"min {_number(low)}, max {_number(high)}, mean {_number(mean)}"


def partial_note(n_used: int, total: int, noun: str) -> list[str]:
    """Say so if aggregates leave out some of a value."""
    return [f"(aggregates of the first {n_used:,} {noun}s only)"] if n_used < total else []


def _stats_rows(n_rows: int, n_columns: int) -> int:
    """Limit the rows to aggregate over, to take about a second at most."""
    shown = max(1, min(n_columns, _MAX_COLUMNS))
    return min(n_rows, _MAX_STATS_ROWS, _MAX_STATS_CELLS // shown)


def _label(name: object) -> str:
    return short_repr(name, _MAX_LABEL_CHARS)


def _number(value: Any) -> str:
    plain = value.item() if hasattr(value, "item") else value  # a numpy scalar
    return f"{plain:.6g}" if isinstance(plain, float) else short_repr(plain, 30)


def _stats(column: Column, view: View) -> str:
    """Write a column's aggregates; an error ends them but not the table's description."""
    parts: list[str] = []
    try:
        parts.extend(_aggregates(column, view) if view.stats else ())
    except Exception as exc:  # cells may be any objects, with any __eq__ and __hash__
        parts.append(f"aggregates failed ({type(exc).__name__})")
    return ", ".join(parts)


def _aggregates(column: Column, view: View) -> Iterator[str]:
    n_missing = column.n_missing()
    yield f"{n_missing:,} missing"
    unique = column.unique()
    if unique is None:
        return
    yield _unique_text(unique, with_values=view.sample and not column.numeric)
    n_values = len(column) - n_missing
    if not column.numeric and view.may_aggregate(n_values, len(unique)):
        yield from patterns(unique.first(MAX_VALUES).to_list())
    if column.numeric and n_values and view.may_aggregate(n_values, len(unique)):
        yield number_stats(*column.min_max_mean())


def _unique_text(unique: Column, *, with_values: bool) -> str:
    """Count distinct values up to a limit; ``with_values`` lists those of a few categories."""
    if len(unique) > _MAX_UNIQUE:
        return f"over {_MAX_UNIQUE:,} unique"
    text = f"{len(unique):,} unique"
    if not with_values or not 0 < len(unique) <= _MAX_CATEGORIES:
        return text
    return f"{text} ({', '.join(short_repr(value, 30) for value in unique.to_list())})"


def _omitted_columns(omitted: Sequence[tuple[object, str]], room: int) -> str:
    """Count omitted columns by dtype, and name some."""
    dtypes = Counter(dtype for _, dtype in omitted)
    text = f"  … {quantity(len(omitted), 'more column')}"
    text += f" ({join_first((f'{n:,} {dtype}' for dtype, n in dtypes.most_common()), 5)}): "
    labels: list[str] = []
    for name, _ in omitted:
        label = _label(name)
        room -= len(label) + 2
        if labels and room < 0:
            break
        labels.append(label)
    return text + join_first(labels, len(labels), total=len(omitted))


def _head(columns: Sequence[tuple[str, Column]], room: float) -> list[str]:
    """Write the first rows, with as many columns as there is room for."""
    cells: list[list[str]] = []
    for label, column in columns:
        head = column.first(HEAD_ROWS).to_list()
        texts = [label, *(short_repr(cell, _MAX_CELL_CHARS) for cell in head)]
        room -= sum(len(text) + 3 for text in texts)
        if cells and room < 0:
            break
        cells.append(texts)
    which = "" if len(cells) == len(columns) else f" of the first {quantity(len(cells), 'column')}"
    rows = [" | ".join(row) for row in zip(*cells, strict=True)]
    return [f"first {quantity(len(rows) - 1, 'row')}{which}:", *(f"  {row}" for row in rows)]
