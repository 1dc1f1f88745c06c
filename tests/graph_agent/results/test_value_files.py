"""The files of values: as they should be, and bounded whatever the value stands for."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent.results.value_files import (
    MAX_CSV_BYTES,
    MAX_FILE_NAME_CHARS,
    MAX_JSON_CHARS,
    json_value,
    value_files,
)
from sandbox.records import Payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from tests.resources_used import used
from tests.sandbox.results.costly_payloads import ENDLESS_FRAME, SPARSE_SERIES, repeated_text


def payloads(**values: Any) -> dict[str, Payload]:
    return {
        name: Payload(CODEC, "", b"".join(encode_value(value))) for name, value in values.items()
    }


def test_the_file_of_each_kind_of_value() -> None:
    values = {
        "frame": pd.DataFrame({"a": [1, 2]}),
        "series": pd.Series([1.5], name="s"),
        "wide": pl.DataFrame({"b": ["é"]}),
        "nested": pl.DataFrame({"b": [[1]]}),
        "grid": np.arange(3),
        "objects": np.array([{}], dtype=object),
        "word": "é\ud800",
        "number": np.float64(2.5),
        "not_json": float("nan"),
        "a_set": {1},
    }
    files = value_files(payloads(**values))
    assert list(files) == ["frame.csv", "series.csv", "wide.csv", "grid.npy", "values.json"]
    assert files["frame.csv"].decode().splitlines() == [",a", "0,1", "1,2"]
    assert np.load(io.BytesIO(files["grid.npy"]), allow_pickle=False).tolist() == [0, 1, 2]
    assert files["wide.csv"].decode() == "b\né\n"
    assert json.loads(files["values.json"]) == {"word": "é\ud800", "number": 2.5}
    assert files.left_out == {}


def test_a_text_that_utf8_cannot_encode() -> None:
    frame = pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)})
    assert value_files(payloads(t=frame))["t.csv"] == b",a\n0,\\ud800\n"


def test_a_large_table_becomes_parquet() -> None:
    with used() as found:
        files = value_files({"t": Payload(CODEC, "", repeated_text()), **payloads(n=1)})
    assert list(files) == ["t.parquet", "values.json"]
    assert len(files["t.parquet"]) < 20_000_000
    assert len(pd.read_parquet(io.BytesIO(files["t.parquet"]))) == 2_000
    assert found.grown_mb < 600


@pytest.mark.parametrize("data", [ENDLESS_FRAME, SPARSE_SERIES], ids=["range", "sparse"])
@pytest.mark.slow
def test_a_table_without_end_is_bounded(data: bytes) -> None:
    with used() as found:
        files = value_files({"t": Payload(CODEC, "", data), **payloads(n=1)})
    assert json.loads(files.pop("values.json")) == {"n": 1}
    assert sum(map(len, files.values())) <= MAX_CSV_BYTES
    assert bool(files) != bool(files.left_out)
    assert found.grown_mb < 800
    assert found.cpu_s < 5


def test_a_name_too_long_for_a_file_is_left_out() -> None:
    assert value_files(payloads(**{"x" * (MAX_FILE_NAME_CHARS + 1): pd.Series([1])})) == {}


def test_a_payload_that_does_not_decode_has_no_file() -> None:
    files = value_files({"a": Payload(CODEC, "", b"x"), "b": Payload("pickle", "", b"x")})
    assert (files, list(files.left_out)) == ({}, ["a"])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ({"a": [1, "é", None]}, {"a": [1, "é", None]}),
        ((1, 2), [1, 2]),
        (np.int64(3), 3),
        (np.float32("nan"), None),
        (float("inf"), None),
        ("x" * MAX_JSON_CHARS, None),
        (["x"] * MAX_JSON_CHARS, None),
        (b"bytes", None),
        (Path(os.sep), None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_json_value(value: object, shown: object) -> None:
    assert json_value(value) == shown


def test_a_recursive_value_has_no_json() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert json_value(loop) is None
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert json_value(deep) is None
