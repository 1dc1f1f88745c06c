"""Values as source: the very same value, or a reason."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from graph_agent.results.script.source import MODULES, make
from graph_agent.samples import load_tips
from sandbox.runner.encode import encode_value

SAME: dict[str, Any] = {
    "a number": 3,
    "no number": float("nan"),
    "minus zero": -0.0,
    "text": "a'b\n\x1b[31m\u202e",
    "long text": "x" * 5_000,
    "long bytes": b"x" * 5_000,
    "nothing": None,
    "a dict": {"a": [1, (2,)], 3: {1, 2}, "": set(), "f": frozenset([1])},
    "a long list": [{"a": number, "b": "x"} for number in range(500)],
    "a time": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    "a decimal": decimal.Decimal("1.10"),
    "numpy's number": np.float64(1.5),
    "numpy's date": np.datetime64("2024-01-01"),
    "an array": np.arange(6.0).reshape(2, 3),
    "a timestamp": pd.Timestamp("2024-01-01 10:00", tz="Europe/Berlin"),
    "a series": pd.Series([1, 2], name="x"),
    "a series without a name": pd.Series(["a", None]),
    "tips": load_tips(),
    "a pivot table": load_tips().pivot_table(index="day", columns="time", values="tip"),
    "an index of two": load_tips().groupby(["day", "time"])[["tip"]].mean(),
    "filtered": load_tips().query("size > 3"),
    "mixed cells": pd.DataFrame({"a": [1, "x", None], "b": [1.0, 2, 3], "c": [[1], {"k": 2}, "z"]}),
    "categories": pd.DataFrame({"c": pd.Categorical(["a", "b"])}),
    "dates": pd.DataFrame({"d": pd.to_datetime(["2024-01-01", None])}),
    "nullable": pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
    "numbers as names": pd.DataFrame({1: [1], 2: [2]}),
    "times as an index": pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2024", periods=2)),
    "several sheets": {"s1": load_tips(), "s2": load_tips().head()},
    "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
    "arrow": pa.table({"a": [1, 2]}),
    "no rows": pd.DataFrame(),
}


def encoded(value: object) -> bytearray:
    return bytearray(b"".join(encode_value(value)))


def again(source: str, modules: list[str], folder: Path) -> Any:
    """Run the source as ``code.py`` does, with real files."""
    lines = [f"import {MODULES[short]} as {short}" for short in modules]
    names: dict[str, Any] = {"_inputs": folder}
    exec("\n".join([*lines, f"value = {source}"]), names)
    return names["value"]


def assert_same(value: Any, expected: Any) -> None:
    assert type(value) is type(expected)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(value, expected, check_freq=False)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(value, expected)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(value, expected)
        assert value.dtype == expected.dtype
    elif isinstance(expected, (pl.DataFrame, pa.Table)):
        assert value.equals(expected)
    elif isinstance(expected, dict) and "s1" in expected:
        for key, table in expected.items():
            assert_same(value[key], table)
    else:
        assert repr(value) == repr(expected)


@pytest.mark.parametrize("what", SAME)
def test_the_same_value_comes_of_its_source(what: str, tmp_path: Path) -> None:
    made, parts = make(["value", 1 << 20, {}], [encoded(SAME[what])])
    assert "reason" not in made
    for name, part in zip(made["names"], parts, strict=True):
        (tmp_path / name).write_bytes(part)
    assert_same(again(made["source"], made["modules"], tmp_path), SAME[what])
    assert made["source"].isprintable()
    json.dumps(made)


def test_no_file_holds_a_pickle() -> None:
    for value in SAME.values():
        made, parts = make(["value", 1 << 20, {}], [encoded(value)])
        assert not any(bytes(part).startswith(b"\x80") for part in parts)
        assert {Path(name).suffix for name in made["names"]} <= {".parquet", ".npy", ".json"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (pd.date_range("2024", periods=3), "DatetimeIndex has no plain file format"),
        (PurePosixPath("/nowhere"), "no file came with"),
        (pd.DataFrame({"a": [1, datetime.date(2024, 1, 1)]}), "isn't the same"),
        (np.arange(200_000.0), "too large"),
    ],
)
def test_what_would_not_be_the_same_has_a_reason(value: object, why: str) -> None:
    made, parts = make(["value", 1 << 20, {}], [encoded(value)])
    assert why in made["reason"]
    assert not parts


def test_a_file_that_came_with_the_run_is_copied() -> None:
    path = PurePosixPath("/tmp/files/0/a.xml")
    made, _ = make(["value", 1 << 20, {str(path): "a.xml"}], [encoded([path, 1])])
    assert made["source"] == "[_inputs / 'a.xml', 1]"
    assert made["copied"] == ["a.xml"]


def test_a_broken_payload_has_a_reason() -> None:
    assert "reason" in make(["value", 1 << 20, {}], [bytearray(b"no payload")])[0]
