"""Which values say nothing."""

from __future__ import annotations

import collections
import decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nodes.recording.blank_values import blank_value

NAN = float("nan")


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame(index=[1, 2]),
        pd.Series([], dtype=float),
        pd.Index([]),
        pd.MultiIndex.from_arrays([[], []]),
        pl.DataFrame(),
        pl.DataFrame({"a": []}),
        pl.Series([]),
        pa.table({"a": pa.array([], pa.int64())}),
        pa.array([], pa.int64()),
        np.array([]),
        np.zeros((0, 3)),
        [],
        (),
        set(),
        {},
        collections.deque(),
    ],
    ids=lambda value: type(value).__module__ + "." + type(value).__name__,
)
def test_empty(value: Any) -> None:
    assert blank_value(value) == "empty"


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [NAN, NAN], "b": [None, None]}),
        pd.DataFrame([[NAN, NAN]], columns=["a", "a"]),
        pd.Series([pd.NaT, pd.NaT]),
        pd.Series([None, pd.NA], dtype="Int64"),
        pd.Index([NAN]),
        pl.DataFrame({"a": [None, None], "b": [NAN, None]}),
        pl.Series([NAN, NAN]),
        pa.table({"a": [None, None], "b": pa.array([NAN, None])}),
        pa.array([None]),
        pa.chunked_array([[NAN], [None]], pa.float64()),
        np.array([NAN, NAN]),
        np.array(NAN),
        np.float64(NAN),
        np.array([None, NAN], dtype=object),
        np.array(["NaT"], dtype="M8[s]"),
        np.array([complex(NAN, 0)]),
        np.ma.masked_all(3),
        [None, NAN],
        (NAN,),
        {"a": None, "b": NAN},
        None,
        NAN,
        decimal.Decimal("nan"),
        pd.NaT,
        pd.NA,
        np.datetime64("NaT"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_all_missing(value: Any) -> None:
    assert blank_value(value) == "all_missing"


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [NAN, 1.0]}),
        pd.DataFrame({"a": [NAN], "b": ["x"]}),
        pd.Series([0]),
        pd.Series([""]),
        pd.MultiIndex.from_arrays([[1], [2]]),
        pl.DataFrame({"a": [None], "b": [0]}),
        pl.Series([[1], None]),
        pa.table({"a": [None, 1]}),
        pa.array([[1], None]),
        np.array([NAN, 0.0]),
        np.zeros(3, int),
        np.zeros(2, [("a", "f8")]),
        np.array(["", "x"]),
        [None, 0],
        [[]],
        {"a": []},
        0,
        False,
        "",
        b"",
        range(3),
        decimal.Decimal(0),
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_not_blank(value: Any) -> None:
    assert blank_value(value) is None


def test_what_raises_is_not_blank() -> None:
    class Odd(list[int]):
        def __len__(self) -> int:
            raise ValueError

    assert blank_value(Odd()) is None
