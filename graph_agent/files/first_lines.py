"""What the first rows of a table of text show: titles above it, data as names, hidden columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MAX_TITLE_LINES = 10
_ALIKE = 0.9

Row = Sequence[str]


def title_lines(rows: Sequence[Row]) -> int:
    """Return how many rows stand above the header; 0 unless that is certain.

    Certain are rows with fewer cells than a header of different words, below which at least one
    column has nothing but numbers or dates, or in which only the first cell is filled.
    """
    for count, header in enumerate(rows[1 : MAX_TITLE_LINES + 1], 1):
        above, body = rows[:count], rows[count + 1 :]
        if len(header) > 1 and _is_header(header) and _fits(body, len(header)):
            narrower = all(_may_be_above(row, len(header)) for row in above)
            padded = all(len(row) > 1 and row[0] and _filled(row) == 1 for row in above)
            if narrower and (padded or _has_numbers(body, len(header))):
                return count
    return 0


def looks_like_data(names: Row) -> bool:
    """Whether a header has numbers only, and not just years."""
    years = all(len(name) == 4 and name.isdigit() and name[:2] in ("19", "20") for name in names)
    return bool(names) and all(map(_is_number, names)) and not years


def hidden_columns(cells: Sequence[str]) -> str | None:
    """Say what may separate columns in a file that was read as one; None if nothing does."""
    if len(cells) < 2:
        return None
    if min(cell.count(":") for cell in cells) == max(cell.count(":") for cell in cells) > 0:
        return "a colon; --sep ':' splits it"
    widths = {len(re.split(r" {2,}|\t+", cell.strip())) for cell in cells}
    if len(widths) == 1 and widths != {1}:
        return "spaces, which are not read; save it with commas"
    return None


def _is_header(row: Row) -> bool:
    return len(set(row)) == len(row) and all(any(map(str.isalpha, cell)) for cell in row)


def _may_be_above(row: Row, width: int) -> bool:
    """Whether a row has fewer cells than the header; without a first one, at most half of them."""
    few = width >= 4 and 2 * _filled(row) <= width
    return _filled(row) < width and (len(row) < width or row[0] != "" or few)


def _fits(body: Sequence[Row], width: int) -> bool:
    alike = sum(len(row) in (width, width + 1) for row in body)
    return bool(body) and alike >= _ALIKE * len(body)


def _has_numbers(body: Sequence[Row], width: int) -> bool:
    columns: list[list[Any]] = [[row[i] for row in body if len(row) > i] for i in range(width)]
    return any(any(column) and all(map(_is_number, filter(None, column))) for column in columns)


def _is_number(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))


def _filled(row: Row) -> int:
    return sum(map(bool, row))
