"""Frames: rows, columns, types, missing cells, the first changed cells, and large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent.results.changes import tables
from graph_agent.results.changes.compare import compare

OLD = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [1.0, 2.0, 3.0]})


def facts(new: Any, old: Any = OLD) -> list[str]:
    return list(compare("t", new, old).facts)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD.assign(d=1), ["columns added: d"]),
        (OLD.drop(columns="b"), ["columns dropped: b"]),
        (OLD.astype({"a": float}), ["columns retyped: a (int64 → float64)"]),
        (OLD.rename(columns={"a": "z"}), ["columns added: z", "columns dropped: a"]),
        (OLD[OLD.a > 1], ["rows: 1 removed (matched by index)"]),
        (OLD.assign(a=[1, 5, 6]), ["rows: 2 changed (matched by index)"]),
        (
            OLD.fillna({"b": "y"}),
            ["rows: 1 changed (matched by index)", "missing cells: b 1 → 0"],
        ),
        (pd.concat([OLD, OLD[:1].set_index(pd.Index([9]))]), ["rows: 1 added (matched by index)"]),
        (pd.concat([OLD, OLD]), ["rows: 3 added (matched by position)", "missing cells: b 1 → 2"]),
        (OLD[::-1], ["rows: in another order"]),
        (OLD[["c", "b", "a"]], ["columns: in another order"]),
        (OLD.copy(), []),
    ],
)
def test_what_differs_is_counted(new: Any, expected: list[str]) -> None:
    assert facts(new) == expected


def test_five_changed_cells_side_by_side() -> None:
    old = pd.DataFrame({"n": range(9)}, index=list("abcdefghi"))
    change = compare("t", old + 1, old)
    assert [(cell.place, cell.old, cell.new) for cell in change.cells] == [
        (f"n[{label}]", str(at), str(at + 1)) for at, label in enumerate("abcde")
    ]


def test_columns_and_first_rows() -> None:
    change = compare("t", OLD.fillna({"b": "y"}), OLD)
    b = change.columns[1]
    assert (b.name, b.old_nulls, b.nulls) == ("b", 1, 0)
    assert change.head is not None
    assert list(change.head.rows[1]) == ["1", "2", "y", "2.0"]
    wide = compare("t", pd.DataFrame(np.zeros((9, 30))))
    assert wide.head is not None
    assert wide.head.more == "4 more rows and 10 more columns"


@pytest.mark.parametrize(
    "old",
    [
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"a": pd.Categorical(["x", None])}),
        pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None])}),
        pd.DataFrame({"a": pd.to_datetime(["2020-01-01", None]).tz_localize("UTC")}),
        pd.DataFrame({"a": [np.array([1, 2]), None]}),
        pd.DataFrame({"a": [[1], {"b": float("nan")}]}),
        pd.DataFrame({"a": [1 + 2j, 3]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({("x", 1): [1, 2]}),
        pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])),
        pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2)),
        pd.DataFrame({"a": [1, 2]}, index=[1, "x"]),
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pl.DataFrame(
            {"a": [1, None], "b": ["x", None], "c": [[1], None], "d": [1.5, float("nan")]}
        ),
        pl.DataFrame(),
    ],
    ids=lambda frame: str(getattr(frame, "dtypes", ""))[:30],
)
def test_every_type_of_column_and_index(old: Any) -> None:
    copy = old.copy(deep=True) if isinstance(old, pd.DataFrame) else old.clone()
    assert compare("t", copy, old).kind == "unchanged"
    assert compare("t", old).kind == "new"
    if len(old):
        fewer = compare("t", old[:1], old)
        assert f"{len(old) - 1} removed" in fewer.facts[0] if len(old) > 1 else True


def test_another_type_of_the_same_values_is_no_changed_row() -> None:
    assert facts(OLD.astype({"a": float, "c": object})) == [
        "columns retyped: a (int64 → float64), c (float64 → object)"
    ]


def test_a_large_frame_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_CELLS", 2_000)
    old = pd.DataFrame({"a": np.arange(10_000), "b": 1.0})
    change = compare("t", old.assign(b=2.0), old)
    assert change.facts == ["rows: 1,000 changed (matched by index)"]
    assert "in 1,000 of 10,000 rows" in change.sampled
    assert compare("t", old[old.a % 2 == 0], old).facts == [
        "rows: 5,000 removed (matched by index)"
    ]


def test_ten_million_rows_read_only_a_sample() -> None:
    rows = 10_000_000
    old = pd.DataFrame({"a": np.zeros(rows, dtype=np.int8), "b": np.zeros(rows, dtype=bool)})
    change = compare("t", old.assign(a=np.ones(rows, dtype=np.int8)), old)
    read = tables.MAX_CELLS // 2
    assert change.facts == [f"rows: {read:,} changed (matched by index)"]
    assert f"in {read:,} of 10,000,000 rows" in change.sampled


def test_a_wide_frame_is_read_up_to_a_column() -> None:
    old = pd.DataFrame(np.zeros((2, tables.MAX_COLUMNS + 1)))
    assert "only the first 500 of 501 columns" in compare("t", old + 1, old).sampled
