"""What is said about the texts of a column, and that no value is shown."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from graph_agent.summaries.patterns import patterns
from tests.graph_agent.summaries.values import text

SHAPES = [
    (["2024-01-31", "2023-12-01"], "dates as text, YYYY-MM-DD"),
    (["2024-01-31 10:30", "2023-12-01T08:00:00Z"], "times as text, YYYY-MM-DD hh:mm"),
    (["01/31/2024", "12/01/2023"], "dates as text, month first"),
    (["31.01.2024", "1.12.2023"], "dates as text, day first"),
    (["31/01/2024", "01/12/2023"], "dates as text, day first"),
    (["Jan 2024", "March 1, 2023"], "dates as text, month by name"),
    (["10:30", "8:15 PM"], "times of day as text"),
    (["12", "-3.5"], "numbers as text"),
    (["1,200", "15"], "numbers as text with thousands separators"),
    (["1.200,50", "3,5"], "numbers as text with decimal commas"),
    (["12 %", "3.5%"], "percentages as text"),
    (["$1,200", "$15.50"], "amounts as text with a currency sign"),
    (["59 kg", "83 kg"], "numbers as text with a unit"),
    (["['a', 'b']", "[]"], "lists as text"),
    (['{"a": 1}', "{}"], "JSON objects as text"),
    (["a; b", "c;d"], "several items separated by ;"),
    (["a|b", "c|d|e"], "several items separated by |"),
]


@pytest.mark.parametrize(("values", "said"), SHAPES, ids=[said for _, said in SHAPES])
def test_a_shape_that_all_texts_have(values: list[str], said: str) -> None:
    assert list(patterns(values)) == [said]
    assert list(patterns([*values, "something else!"])) == []


def test_spellings_padding_and_mixed_types() -> None:
    assert list(patterns(["Yes", "no", "YES"])) == ["yes and no in several spellings"]
    assert list(patterns(["Oslo", "oslo "])) == [
        "some differ only in case or spaces",
        "some with spaces around them",
    ]
    assert list(patterns([1, "a", 2.5])) == ["mixed types: float, int, str"]
    assert list(patterns([1, 2])) == []
    assert list(patterns([])) == []
    assert list(patterns(["one"])) == []


@pytest.mark.parametrize("level", ["stats", "sample"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_of_all_libraries_say_it_above_schema(make: object, level: str) -> None:
    prices = [f"${amount},000" for amount in range(10, 19)]
    table = make({"price": prices})  # type: ignore[operator]  # a class or a function
    said = "amounts as text with a currency sign"
    assert said in text(table, level)  # type: ignore[arg-type]  # a level
    assert said not in text(table, "schema")
    assert "$10" not in text(table, "stats")


def test_few_values_have_no_pattern_below_sample() -> None:
    few = pd.DataFrame({"price": ["$1", "$2"]})
    assert "currency" not in text(few, "stats")
    assert "currency" in text(few, "sample")
