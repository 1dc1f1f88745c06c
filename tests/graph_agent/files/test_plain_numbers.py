"""Numbers looked at byte by byte: the same verdict as the regular expressions would give."""

from __future__ import annotations

import itertools
import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from graph_agent.files.plain_numbers import (
    keep_their_digits,
    only_digits,
    only_digits_and_points,
)

INTEGER = re.compile(r"0|-?[1-9]\d*")
FLOAT = re.compile(r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)")
CELLS = ["".join(cell) for n in (1, 2, 3, 4) for cell in itertools.product("-0.12e", repeat=n)]


def texts(*chunks: list[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(chunk, pa.large_string()) for chunk in chunks])


def read_by_arrow(kind: pa.DataType) -> list[str]:
    found = []
    for cell in CELLS:
        try:
            pc.cast(texts([cell]), kind)
        except pa.ArrowInvalid:
            continue
        found.append(cell)
    return found


@pytest.mark.parametrize(
    ("kind", "verdict", "pattern"),
    [(pa.int64(), only_digits, INTEGER), (pa.float64(), only_digits_and_points, FLOAT)],
)
def test_every_short_number(kind: pa.DataType, verdict: object, pattern: re.Pattern[str]) -> None:
    cells = read_by_arrow(kind)
    assert len(cells) > 50
    for cell in cells:
        assert verdict(texts([cell])) == bool(pattern.fullmatch(cell)), cell  # type: ignore[operator]
        surrounded = texts(["12", None, cell, "3"], [], [None])
        assert verdict(surrounded) == bool(pattern.fullmatch(cell)), cell  # type: ignore[operator]


def test_only_the_cells_of_a_slice_count() -> None:
    whole = texts(["007", "x", "1", "2", "0x1"])
    assert only_digits(whole.slice(2, 2))
    assert not only_digits(whole.slice(0, 1))
    assert only_digits(texts([]))
    assert only_digits_and_points(texts([None, None]))


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("0.1", True),
        ("0.30000000000000004", True),
        ("1234567890.123456789012345", False),
        ("123456789012345678.5", False),
    ],
)
def test_digits_that_a_float_keeps(cell: str, kept: bool) -> None:
    assert keep_their_digits(texts(["1.5", cell])) is kept
