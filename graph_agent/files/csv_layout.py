"""Find out how a table of text is laid out: its separator, its header, its width."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from graph_agent.errors import VariableFileError
from graph_agent.files.first_lines import hidden_columns, looks_like_data, title_lines
from graph_agent.files.reading import Reading

_SEPARATORS = "\t;,|"
_RARE_SEPARATORS = "^~\x01\x1f"
"""Taken only if they split all rows alike, and none of the others splits the header."""
_SAMPLE_ROWS = 200
_ESCAPED_QUOTE = re.compile(r'(?<=[^\\])\\"(?![,;\t|\r\n]|\Z)')
"""A backslash before a quote in the middle of a field, as MySQL writes it; not ``"C:\\dir\\",``."""


class Layout(NamedTuple):
    """Where the rows start, what separates their fields, and how many there are."""

    names: list[str]
    first_line: int
    separator: str
    width: int
    escape: str | None


class _Table(NamedTuple):
    """A file's first rows under one separator, each with the number of lines up to its end.

    ``above``: how many rows above the header were left out.
    """

    above: int
    rows: list[tuple[int, list[str]]]

    def is_even(self) -> bool:
        """Whether all rows, and there are several, have as many cells."""
        return len(self.rows) > 1 and len({len(cells) for _, cells in self.rows}) == 1


def find_layout(sample: str, whole: bool, reading: Reading, usual: str) -> Layout:
    """Find out how a table is laid out from its first characters; ``whole``: they are all.

    Notes in ``reading`` what was assumed. ``usual`` is the separator that the name promises.
    """
    if not sample.strip():
        raise VariableFileError("is empty; give a file with data in it")
    given, skipped = reading.options.separator, 0
    # Excel's own first line; it is not part of the data.
    if mark := re.match(r'"?sep=(.)"?\r?\n', sample):
        given, skipped, sample = given or mark[1], 1, sample[mark.end() :]
        if given != usual and reading.options.separator is None:
            reading.assumed.append(f"separator {given!r}")
    escape = "\\" if _ESCAPED_QUOTE.search(sample) else None
    tables = _split(sample, given or _SEPARATORS, escape, whole)
    separator = given or _best(tables, usual)
    if separator is None:
        rare = _split(sample, _RARE_SEPARATORS, escape, whole)
        separator = _best({s: t for s, t in rare.items() if t.is_even()}, usual)
        tables |= rare
    if separator is None:
        first = _rows(sample, ",", escape, whole)
        separator = next((s for s in _SEPARATORS if s not in sample), "\x1f")
        if any(len(row) != 1 for _, row in first):
            reading.assumed.append("one column")
        tables[separator] = _Table(0, _rows(sample, separator, escape, whole))
    elif given is None and separator != usual:
        reading.assumed.append(f"separator {separator!r}")
    if escape:
        reading.assumed.append("quotes escaped by backslashes")
    table = tables[separator]
    (line, names), *rows = table.rows or [(0, [])]
    _remark(table, skipped + line, reading)
    widths = {len(row) for _, row in rows}
    longer = bool(widths) and widths == {len(names) + 1}
    return Layout(names, skipped + line, separator, len(names) + longer, escape)


def _split(sample: str, separators: str, escape: str | None, whole: bool) -> dict[str, _Table]:
    tables = {}
    for separator in separators:
        rows = _rows(sample, separator, escape, whole)
        above = title_lines([cells for _, cells in rows])
        tables[separator] = _Table(above, rows[above:])
    return tables


def _remark(table: _Table, header_line: int, reading: Reading) -> None:
    """Say what may be other than it looks."""
    if not table.rows:
        return
    names = table.rows[0][1]
    if table.above:
        lines = "the line above it" if table.above == 1 else f"the {table.above} lines above it"
        reading.remarks.append(f"the header is line {header_line}; left out {lines}")
    elif len(table.rows) > 1 and looks_like_data(names):
        reading.remarks.append("line 1 was read as column names, but looks like data")
    if len(names) == 1 and (how := hidden_columns([" ".join(cells) for _, cells in table.rows])):
        reading.remarks.append(f"one column, though its lines seem to be separated by {how}")


def _rows(
    sample: str, separator: str, escape: str | None, whole: bool
) -> list[tuple[int, list[str]]]:
    """Split a file's first rows, each with the number of lines up to its end."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, escapechar=escape)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if row:
                rows.append((reader.line_num, row))
            if len(rows) > _SAMPLE_ROWS:
                return rows
    except csv.Error:  # a field beyond the module's limit
        return rows
    return rows if whole or len(rows) < 2 else rows[:-1]


def _best(tables: dict[str, _Table], usual: str) -> str | None:
    """Choose the separator that splits all rows like the header; None if none splits that."""

    def score(separator: str) -> tuple[float, int, bool, int]:
        rows = [row for _, row in tables[separator].rows]
        same = sum(len(row) in (len(rows[0]), len(rows[0]) + 1) for row in rows) / len(rows)
        # A quote inside a field: another separator stands before it.
        stray = sum('"' in cell.replace('""', "") for cell in rows[0])
        # In a file with decimal commas the comma may split all rows alike, too.
        return (same, -stray, separator in "\t;", len(rows[0]))

    splits = [s for s, table in tables.items() if table.rows and len(table.rows[0][1]) > 1]
    if usual == "\t" and usual in splits:
        return usual
    return max(splits, key=score, default=None)
