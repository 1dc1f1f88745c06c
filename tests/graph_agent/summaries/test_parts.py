"""Short and safe text."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from graph_agent.summaries.parts import (
    escape_unprintable,
    fit_lines,
    join_first,
    quantity,
    short_repr,
    truncate,
    type_name,
)
from tests.graph_agent.summaries.hostile_values import Hostile


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "int"),
        (pd.DataFrame(), "pandas.DataFrame"),
        (datetime.date(2026, 1, 1), "datetime.date"),
    ],
)
def test_classes_are_named_as_users_import_them(value: object, name: str) -> None:
    assert type_name(value) == name


def test_lists_and_numbers() -> None:
    assert truncate("abcdef", 6) == "abcdef"
    assert truncate("abcdefg", 6) == "abcde…"
    assert quantity(1, "row") == "1 row"
    assert quantity(1_000, "row") == "1,000 rows"
    assert join_first(["a", "b"], 2) == "a, b"
    assert join_first(["a", "b", "c"], 2) == "a, b, … 1 more"
    assert join_first(["a"], 2, total=9) == "a, … 8 more"


@pytest.mark.parametrize("max_chars", range(37, 90, 7))
def test_lines_that_do_not_fit_are_counted(max_chars: int) -> None:
    lines = [f"line {number}" for number in range(20)]
    kept, note = fit_lines(lines, max_chars).rsplit("\n", 1)
    shown = kept.split("\n")
    assert len(kept) + 1 + len(note) <= max_chars
    assert shown == lines[: len(shown)]
    assert note.startswith(f"… {20 - len(shown)} more lines")


def test_unprintable_characters_are_escaped() -> None:
    assert escape_unprintable("a\nü\x1b\u202e\ud800") == "a\nü\\x1b\\u202e\\ud800"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("abc", "'abc'"),
        ([1, "x"], "[1, 'x']"),
        ((1,), "(1,)"),
        ({"a": [[[1]]]}, "{'a': [<list of 1>]}"),
        (list(range(9)), "[0, 1, 2, 3, 4, 5, …]"),
        (np.int64(3), "3"),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (np.zeros(3), "<numpy.ndarray float64 (3,)>"),
        (pd.DataFrame(), "<pandas.DataFrame>"),
        (1 << 2_000, "<int of 2,001 bits>"),
    ],
)
def test_reprs_are_short(value: object, shown: str) -> None:
    assert short_repr(value) == shown


def test_a_repr_that_raises_is_reported() -> None:
    assert "RuntimeError" in short_repr(Hostile())
