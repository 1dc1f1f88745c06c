"""What changes in a table: rows, columns, types, missing cells, and the first changed cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph_agent.results.changes.equality import differs
from graph_agent.results.changes.library_tables import Column, RowMatch, Table
from graph_agent.results.changes.records import (
    HEAD_ROWS,
    MAX_CELLS_SHOWN,
    MAX_COLUMNS_SHOWN,
    CellChange,
    ColumnChange,
    Grid,
    Kind,
    ValueChange,
)
from graph_agent.summaries.parts import join_first, quantity, short_repr, truncate, type_name

MAX_CELLS = 1_000_000
"""Cells of each table that are read; of larger ones, a sample of evenly spaced rows."""
MAX_COLUMNS = 500
"""Columns that are read."""
_MAX_CELL_CHARS = 60
_MAX_NAMES = 8


def compare_tables(name: str, value: Any, new: Table, old: Table | None) -> ValueChange:
    """Describe a table, and how it differs from the old one, if there is one."""
    rows = _sample(new)
    headline = f"{type_name(value)}, {_size(new)}"
    if old is None:
        columns = [
            ColumnChange(label, kind, _nulls(new.column(number, rows)))
            for number, (label, kind) in _first(new)
        ]
        sampled = _sampled(len(rows), new, "missing cells are counted")
        return ValueChange(name, "new", headline, (), columns, (), head_of(new), sampled=sampled)
    found = _Comparison(new, old, rows, new.match(old))
    facts = [fact for fact in (*found.rows_facts(), *found.column_facts()) if fact]
    kind: Kind = "changed" if facts or found.cells else "unchanged"
    sampled = _sampled(len(rows), new, "changed rows and missing cells are counted")
    return ValueChange(
        name, kind, headline, facts, found.columns, found.cells, head_of(new), sampled=sampled
    )


@dataclass
class _Comparison:
    """Two tables, read column by column."""

    new: Table
    old: Table
    rows: Any
    match: RowMatch
    columns: list[ColumnChange] = field(default_factory=list)
    cells: list[CellChange] = field(default_factory=list)
    changed_rows: int = 0
    is_reordered: bool = False

    def __post_init__(self) -> None:
        old_rows = self.match.old_row(self.rows)
        known = old_rows >= 0
        changed = np.zeros(len(self.rows), dtype=bool)
        old_numbers = {label: number for number, (label, _) in _first(self.old)}
        sample = _sample(self.old)
        for number, (label, kind) in _first(self.new):
            column = self.new.column(number, self.rows)
            if label not in old_numbers:
                self.columns.append(ColumnChange(label, kind, _nulls(column)))
                continue
            at = old_numbers[label]
            before = self.old.column(at, old_rows[known])
            now = Column(column.values[known], column.null[known])
            differing = np.flatnonzero(known)[differs(before, now)]
            changed[differing] = True
            self._add_cells(number, at, differing, old_rows)
            old_kind = self.old.columns[at][1]
            old_nulls = _nulls(self.old.column(at, sample))
            self.columns.append(ColumnChange(label, kind, _nulls(column), old_kind, old_nulls))
        self.changed_rows = int(changed.sum())
        self.is_reordered = bool((np.diff(old_rows[known]) < 0).any())

    def _add_cells(self, number: int, old_number: int, differing: Any, old_rows: Any) -> None:
        for place in differing[: MAX_CELLS_SHOWN - len(self.cells)]:
            new = self.new.column(number, self.rows[place : place + 1])
            old = self.old.column(old_number, old_rows[place : place + 1])
            at = f"{self.new.columns[number][0]}[{self.new.label(int(self.rows[place]))}]"
            self.cells.append(CellChange(at, _shown(old), _shown(new)))

    def rows_facts(self) -> Iterator[str]:
        counts = {
            "added": self.match.added,
            "removed": self.match.removed,
            "changed": self.changed_rows,
        }
        said = [f"{count:,} {what}" for what, count in counts.items() if count]
        if said:
            yield f"rows: {', '.join(said)} (matched by {self.match.by})"
        if self.is_reordered:
            yield "rows: in another order"

    def column_facts(self) -> Iterator[str]:
        new, old = dict(self.new.columns), dict(self.old.columns)
        for what, names in (
            ("added", [name for name in new if name not in old]),
            ("dropped", [name for name in old if name not in new]),
            (
                "retyped",
                [f"{n} ({old[n]} → {new[n]})" for n in new if old.get(n, new[n]) != new[n]],
            ),
        ):
            if names:
                yield f"columns {what}: {join_first(names, _MAX_NAMES)}"
        nulls = [
            f"{column.name} {column.old_nulls:,} → {column.nulls:,}"
            for column in self.columns
            if column.old_nulls is not None and column.old_nulls != column.nulls
        ]
        if nulls:
            yield f"missing cells: {join_first(nulls, _MAX_NAMES)}"
        if not self.match.added and not self.match.removed and set(new) == set(old):
            yield "columns: in another order" if list(new) != list(old) else ""


def head_of(table: Table) -> Grid:
    """Show a table's first rows and columns."""
    rows = np.arange(min(HEAD_ROWS, table.n_rows))
    columns = table.columns[:MAX_COLUMNS_SHOWN]
    shown = [_cells(table.column(number, rows)) for number in range(len(columns))]
    body = [[table.label(row), *(cells[row] for cells in shown)] for row in range(len(rows))]
    left = [
        quantity(table.n_rows - len(rows), "more row") if table.n_rows > len(rows) else "",
        quantity(len(table.columns) - len(columns), "more column")
        if len(table.columns) > len(columns)
        else "",
    ]
    return Grid(["", *(name for name, _ in columns)], body, " and ".join(filter(None, left)))


def _first(table: Table) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(table.columns[:MAX_COLUMNS]))


def _sample(table: Table) -> Any:
    """Return the numbers of the rows to read: all, or evenly spaced ones."""
    width = max(1, min(MAX_COLUMNS, len(table.columns)))
    most = MAX_CELLS // width
    if table.n_rows <= most:
        return np.arange(table.n_rows)
    return np.linspace(0, table.n_rows - 1, most).astype(np.int64)


def _sampled(n_read: int, table: Table, what: str) -> str:
    left_out = len(table.columns) - MAX_COLUMNS
    parts = []
    if n_read < table.n_rows:
        parts.append(f"{what} in {n_read:,} of {table.n_rows:,} rows, evenly spaced")
    if left_out > 0:
        parts.append(f"only the first {MAX_COLUMNS} of {len(table.columns):,} columns were read")
    return f"Sampled: {'; '.join(parts)}." if parts else ""


def _size(table: Table) -> str:
    return f"{quantity(table.n_rows, 'row')} × {quantity(len(table.columns), 'column')}"


def _nulls(column: Column) -> int:
    return int(column.null.sum())


def _cells(column: Column) -> list[str]:
    return [
        "missing" if missing else _cell(value)
        for value, missing in zip(column.values, column.null, strict=True)
    ]


def _shown(column: Column) -> str:
    return _cells(column)[0]


def _cell(value: object) -> str:
    if isinstance(value, np.datetime64):
        time, dot, fraction = str(value).replace("T", " ").partition(".")
        return time + (dot + fraction.rstrip("0")).rstrip(".")
    return truncate(value, _MAX_CELL_CHARS) if isinstance(value, str) else short_repr(value)
