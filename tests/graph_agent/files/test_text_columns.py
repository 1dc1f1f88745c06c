"""Columns of text: numbers only where nothing is lost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from graph_agent.files.reading import Reading, ReadOptions
from graph_agent.files.text_columns import typed_columns


def typed(*cells: str | None, decimal: str | None = None) -> tuple[Any, Reading]:
    reading = Reading(ReadOptions(decimal=decimal))
    column = pa.chunked_array([pa.array(cells, pa.large_string())])
    [series] = typed_columns([column], ["x"], reading)
    return series, reading


TEXT = [
    ["01067", "12345"],
    ["12345", "01067"],
    ["1E5", "2E3"],
    ["1E5", "12"],
    ["1e5", "A7"],
    ["NA", "DE", "FR"],
    ["NA", "NA"],
    ["None", "null"],
    ["nan", "inf"],
    ["+4930123", "+4930124"],
    ["0x10", "0x1F"],
    ["1_000", "2_000"],
    ["12%", "5%"],
    ["$5", "$6"],
    ["5 €", "6 €"],
    ["1", "x"],
    ["1", "true"],
    ["2024-01-02", "2024-01-03"],
    ["00:15", "01:20"],
    ["007.5", "1.5"],
    ["01,5", "2,5"],
    ["1.2.3", "1.2.4"],
    ["1.234,50", "1,234.50"],
    ["--", "1"],
    [" ", "a "],
    ["-", "5"],
    ["1-2", "3-4"],
    ["Infinity", "-inf"],
]


@pytest.mark.parametrize("cells", TEXT, ids=str)
def test_what_only_looks_like_numbers_stays_text(cells: list[str]) -> None:
    series, reading = typed(*cells)
    assert series.tolist() == cells
    assert reading.note("d.csv") is None


@pytest.mark.parametrize(
    ("cells", "dtype", "expected"),
    [
        (["1", "-2", "0"], "int64", [1, -2, 0]),
        (["20240101", "20240102"], "int64", [20240101, 20240102]),
        (["1234567890123456789", None], "Int64", [1234567890123456789, pd.NA]),
        (["1", None, "3"], "Int64", [1, pd.NA, 3]),
        (["1", "NA", "3"], "Int64", [1, pd.NA, 3]),
        (["18446744073709551615", "1"], "uint64", [18446744073709551615, 1]),
        (["18446744073709551615", None], "UInt64", [18446744073709551615, pd.NA]),
        ([" 1", "2 "], "int64", [1, 2]),
        (["1.5", "2"], "float64", [1.5, 2.0]),
        ([" 1.5", "2 "], "float64", [1.5, 2.0]),
        (["0.1", ".5", "3."], "float64", [0.1, 0.5, 3.0]),
        (["1e-05", "2.5E+3"], "float64", [1e-05, 2500.0]),
        (["1e5", "2.5"], "float64", [1e5, 2.5]),
        (["1.5", "inf", "-inf"], "float64", [1.5, float("inf"), float("-inf")]),
        (["0.30000000000000004", "1"], "float64", [0.30000000000000004, 1.0]),
        (["1.000000000000000056e-01", "2.5"], "float64", [0.1, 2.5]),
        (["true", "false"], "bool", [True, False]),
        (["TRUE", "False"], "bool", [True, False]),
        (["1,5", "2"], "float64", [1.5, 2.0]),
        (["1.234.567,5", "2"], "float64", [1234567.5, 2.0]),
        (["1\u00a0234,50", "12,00"], "float64", [1234.5, 12.0]),
        (["1,234.50", "999"], "float64", [1234.5, 999.0]),
        (["1'234.50", "-999"], "float64", [1234.5, -999.0]),
        (["0,123", "1,234"], "float64", [0.123, 1.234]),
    ],
    ids=str,
)
def test_numbers(cells: list[str | None], dtype: str, expected: list[Any]) -> None:
    series, _ = typed(*cells)
    assert str(series.dtype) == dtype
    pd.testing.assert_series_equal(series, pd.Series(expected, dtype=dtype))


@pytest.mark.parametrize("word", ["NA", "nan", "NaN", "N/A", "null", "None", None])
def test_a_column_of_numbers_may_have_words_for_missing_cells(word: str | None) -> None:
    series, _ = typed("1.5", word, "2.5")
    pd.testing.assert_series_equal(series, pd.Series([1.5, None, 2.5]))


@pytest.mark.parametrize(
    "cells",
    [
        ["123456789012345678901234567890", "1"],
        ["0.1234567890123456789", "0.5"],
        ["12345678901234567.89", "1"],
        ["9007199254740993.0", "1.5"],
        ["1234567890123456789", "0.5"],
        ["18446744073709551615", "-1"],
    ],
    ids=str,
)
def test_numbers_too_long_for_their_type_stay_text_and_say_so(cells: list[str]) -> None:
    series, reading = typed(*cells)
    assert series.tolist() == cells
    assert "'x' kept as text" in str(reading.note("d.csv"))


@pytest.mark.parametrize(
    ("cells", "with_comma", "with_point"),
    [
        (["1,234", "5,678"], [1.234, 5.678], [1234, 5678]),
        (["1.234.567", "5.678"], [1234567, 5678], None),
        (["1 234", "5 678"], [1234, 5678], [1234, 5678]),
    ],
    ids=str,
)
def test_ambiguous_thousands_stay_text_until_the_user_decides(
    cells: list[str], with_comma: list[float], with_point: list[float] | None
) -> None:
    series, reading = typed(*cells)
    assert series.tolist() == cells
    assert "--decimal" in str(reading.note("d.csv"))
    assert typed(*cells, decimal=",")[0].tolist() == with_comma
    assert typed(*cells, decimal=".")[0].tolist() == (with_point or cells)


def test_one_column_with_decimal_commas_settles_the_others() -> None:
    texts = [["7,5", "1,25"], ["1,234", "2,345"], ["1.234", "2.345"], ["1.5", "2.25"]]
    columns = [pa.chunked_array([pa.array(cells, pa.large_string())]) for cells in texts]
    reading = Reading()
    clear, comma, point, other = typed_columns(columns, ["a", "b", "c", "d"], reading)
    assert clear.tolist() == [7.5, 1.25]
    assert comma.tolist() == [1.234, 2.345]
    assert point.tolist() == ["1.234", "2.345"]
    assert other.tolist() == [1.5, 2.25]
    assert str(reading.note("d.csv")).startswith("d.csv: read as decimal ','; column 'c' kept")


def test_a_cell_beyond_the_sample_decides_too() -> None:
    many = ["1"] * 5000
    assert typed(*many, "01")[0].iloc[-1] == "01"
    assert typed(*many, "x")[0].iloc[-1] == "x"
    assert typed(*many, "1.5")[0].iloc[-1] == 1.5
    assert typed(*["true"] * 5000, "x")[0].iloc[-1] == "x"
    assert typed(*many, " 7 ")[0].iloc[-1] == 7
    assert typed(*["NA"] * 5000, "7")[0].iloc[-1] == 7


def test_columns_without_cells() -> None:
    assert typed(None, None)[0].isna().tolist() == [True, True]
    assert typed()[0].tolist() == []


def test_several_groups_prove_thousands() -> None:
    series, reading = typed("1,234", "5,678,901")
    assert (str(series.dtype), series.tolist()) == ("int64", [1234, 5678901])
    assert reading.note("d.csv") is None
    assert typed("1.234", "5.678.901")[0].tolist() == ["1.234", "5.678.901"]


def test_a_negative_zero_is_kept() -> None:
    series, reading = typed("-0", "1")
    assert [str(value) for value in series] == ["-0.0", "1.0"]
    assert reading.note("d.csv") is None


@pytest.mark.parametrize(
    "cells",
    [["1", "2", "Total"], ["5", "-", "7"], ["(500)", "200", "300"], [*["1"] * 2_000, "Total"]],
)
def test_a_column_that_is_mostly_numbers_says_why_it_is_text(cells: list[str]) -> None:
    series, reading = typed(*cells)
    assert series.tolist() == cells
    assert reading.note("d.csv") == (
        "d.csv: column 'x' kept as text: most cells are numbers, but not all"
    )


@pytest.mark.parametrize(
    "cells",
    [["A1", "B2", "7"], ["01067", "1"], ["05.01.2024", "31.12.2023"], ["10.0.0.1", "10.0.0.2"]],
)
def test_text_that_is_no_number_needs_no_word(cells: list[str]) -> None:
    series, reading = typed(*cells)
    assert series.tolist() == cells
    assert reading.note("d.csv") is None


def test_thousands_as_in_india() -> None:
    assert typed("1,23,456.50", "12,34,567.00", "500.00")[0].tolist() == [123456.5, 1234567, 500]
    assert typed("1,23,456", "12,34,567")[0].tolist() == [123456, 1234567]


def test_floats_with_and_without_exponents() -> None:
    assert typed("0.5", "1e-05", "2.5E+10", None)[0].tolist()[:3] == [0.5, 1e-05, 2.5e10]
    assert typed("0.5", "007.5", "1e-05")[0].tolist() == ["0.5", "007.5", "1e-05"]
    assert typed("0.5", "1e-05", "-inf")[0].tolist() == [0.5, 1e-05, float("-inf")]
    assert typed("0.5", "01e-05")[0].tolist() == ["0.5", "01e-05"]
