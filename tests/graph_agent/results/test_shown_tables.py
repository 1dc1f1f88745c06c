"""The first rows of tables. tests/security/test_touched.py shows hostile ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graph_agent.results.shown_tables import MAX_ROWS, table_html, table_text


def test_numbers_and_times_are_shown_as_pandas_shows_them() -> None:
    index = pd.MultiIndex.from_tuples([("A", 1), ("B", 2)], names=["group", None])
    frame = pd.DataFrame({"n": [1.5, 1 / 3], "t": pd.to_datetime(["2024-01-01"] * 2)}, index)
    assert table_text(frame) == frame.to_string()
    series = pd.Series([True, False], index=["p", "q"])
    assert table_text(series) == series.to_string()


@pytest.mark.parametrize("value", ["text", None, True, 12, pd.Timestamp(0), 0.5, [1, "a"]])
def test_other_values_are_shown_as_pandas_shows_them(value: object) -> None:
    frame = pd.DataFrame({"a": pd.Series([value], dtype=object)}, index=["row"])
    assert table_text(frame) == frame.to_string().replace("[1, a]", "[1, 'a']")


def test_missing_values_are_told_by_their_kind() -> None:
    frame = pd.DataFrame(
        {
            "a": pd.array([1, None], "Int64"),
            "b": ["x", None],
            "c": pd.Categorical(["u", None]),
            "d": pd.array(["2024-01-01", None], "datetime64[ns, UTC]"),
        }
    )
    shown = str(table_text(frame)).splitlines()[-1].split()
    assert shown == ["1", "<NA>", "NaN", "NaN", "NaT"]


def test_long_texts_are_shortened_and_many_columns_left_out() -> None:
    assert "y" * 39 + "…" in str(table_text(pd.DataFrame({"a": ["y" * 100]})))
    wide = pd.DataFrame(np.arange(300).reshape(3, 100))
    shown = str(table_text(wide))
    assert shown == wide.to_string(max_cols=20)
    assert "<th>99</th>" in table_html(wide)
    assert "<th>50</th>" not in table_html(wide)


def test_rows_that_are_left_out_are_counted() -> None:
    shown = str(table_text(pd.DataFrame({"a": range(1025)}))).splitlines()
    assert len(shown) == MAX_ROWS + 2
    assert shown[-1] == "… 1,005 more rows"


@pytest.mark.parametrize("value", [1, "text", None, [1], {"a": 1}, np.zeros(3)])
def test_other_values_are_no_tables(value: object) -> None:
    assert table_text(value) is None
    assert table_html(value) == ""
