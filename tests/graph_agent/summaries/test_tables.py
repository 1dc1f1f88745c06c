"""Tables and their columns, for all three libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from graph_agent.records import PrivacyLevel
from graph_agent.samples import load_tips
from graph_agent.summaries import VariableSummary, summarize
from tests.graph_agent.summaries.hostile_values import HOSTILE
from tests.graph_agent.summaries.values import LEVELS, text


def test_tips_at_each_level() -> None:
    tips = load_tips()
    schema = summarize("tips", tips, level="schema")
    assert (schema.name, schema.type, schema.level) == ("tips", "pandas.DataFrame", "schema")
    assert schema.text.splitlines()[:4] == [
        "tips: pandas.DataFrame, 244 rows × 7 columns",
        "  index: RangeIndex of int64",
        "  columns:",
        "    'total_bill': float64",
    ]
    assert "min" not in schema.text
    stats = summarize("tips", tips, level="stats").text
    assert "'total_bill': float64, 0 missing, 229 unique, min 3.07, max 50.81, mean 19.78" in stats
    assert "'day': str, 0 missing, 4 unique\n" in stats
    assert "Sun" not in stats
    sample = summarize("tips", tips).text
    assert "4 unique ('Sun', 'Sat', 'Thur', 'Fri')" in sample
    assert "first 5 rows:" in sample
    assert "16.99 | 1.01 | 'Female' | 'No' | 'Sun' | 'Dinner' | 2" in sample


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"n": range(10), "s": ["a", None] * 5}),
        pl.DataFrame({"n": range(10), "s": ["a", None] * 5}),
        pa.table({"n": list(range(10)), "s": ["a", None] * 5}),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_the_three_table_libraries_are_described_alike(table: object) -> None:
    summary = text(table)
    assert "10 rows × 2 columns" in summary
    assert "0 missing, 10 unique, min 0, max 9, mean 4.5" in summary
    assert "5 missing, 1 unique ('a')" in summary
    assert "    0 | 'a'\n    1 | None\n" in summary.replace("nan", "None")


def test_a_few_numbers_have_no_aggregates_below_sample() -> None:
    four = pd.DataFrame({"n": [1.5, 2.5, 3.5, 4.5]})
    assert "min" not in text(four, "stats")
    assert "min 1.5" in text(four, "sample")
    assert "min 1.5, max 5.5" in text(pd.DataFrame({"n": [1.5, 2.5, 3.5, 4.5, 5.5]}), "stats")


def test_equal_numbers_have_no_aggregates_below_sample() -> None:
    for constant in (
        pd.DataFrame({"n": [7.25] * 9}),
        pl.DataFrame({"n": [7.25] * 9}),
        pa.table({"n": [7.25] * 9}),
        np.full(9, 7.25),
    ):
        assert "7.25" not in text(constant, "stats")
        assert "min 7.25" in text(constant, "sample")


def test_wide_frames_say_what_is_left_out() -> None:
    wide = pd.DataFrame(np.zeros((3, 1_000)), columns=[f"column_{i}" for i in range(1_000)])
    for level in LEVELS:
        summary = text(wide, level)
        assert len(summary) <= 2_000
        assert "3 rows × 1,000 columns" in summary
        shown = summary.count(": float64")
        assert (
            f"… {1_000 - shown} more columns ({1_000 - shown} float64): 'column_{shown}'" in summary
        )
    assert "first 3 rows" in text(wide)


def test_long_cells_and_labels_are_cut() -> None:
    frame = pd.DataFrame({"x" * 10_000: ["y" * 10_000_000]})
    summary = text(frame)
    assert len(summary) < 600
    assert "xxx…" in summary
    assert "yyy…" in summary


def test_a_broken_column_does_not_hide_the_others() -> None:
    summary = text(HOSTILE["in a frame"])
    assert "'b': int64, 0 missing, 2 unique" in summary
    assert "repr() raised RuntimeError" in summary


def columns(value: object, level: PrivacyLevel = "sample") -> list[str]:
    return summarize("v", value, level=level).columns


@pytest.mark.parametrize("level", ["schema", "stats", "sample"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_list_their_columns(make: Any, level: PrivacyLevel) -> None:
    assert columns(make({"total_bill": [1.0], "Größe": ["x"]}), level) == ["total_bill", "Größe"]


def test_only_printable_strings_of_limited_length_are_column_names() -> None:
    odd = pd.DataFrame([[0] * 6], columns=["a", 1, ("b", "c"), "x\x1b[0m", "y" * 201, ""])
    assert columns(odd) == ["a"]
    pivoted = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    assert columns(pivoted) == []


def test_at_most_2000_columns_are_named() -> None:
    wide = pd.DataFrame(np.zeros((1, 3_000)), columns=[f"c{i}" for i in range(3_000)])
    assert columns(wide) == [f"c{i}" for i in range(2_000)]


@pytest.mark.parametrize("value", [1, "a", [1], {"a": 1}, pd.Series([1], name="a"), None])
def test_other_values_have_no_columns(value: object) -> None:
    assert columns(value) == []


def test_a_frame_whose_columns_raise_has_none() -> None:
    class Odd(pd.DataFrame):  # type: ignore[misc]  # pandas is untyped
        @property
        def columns(self) -> Any:
            raise ValueError

    summary = summarize("v", Odd({"a": [1]}))
    assert summary.columns == []
    assert VariableSummary.model_validate(summary.model_dump(mode="json")) == summary
