"""Integers stay exact where NumPy would make them floats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph_agent.files.columns import column_of, frame_of_records, frame_of_table, unique_names
from graph_agent.files.readers import reader_for
from graph_agent.files.reading import Reading

BIG = 1234567890123456789


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([BIG, None], "Int64"),
        ([1, 2], "int64"),
        ([2**64 - 1, None], "UInt64"),
        ([2**64 - 1, 1], "uint64"),
        ([2**70, None], "object"),
        ([2**70, 0.5], "object"),
        ([BIG, 0.5], "object"),
        ([10**400, 0.5], "object"),
        ([1, 0.5, None], "float64"),
        ([0.5, None], "float64"),
        ([True, None], "object"),
        ([1, "x"], "object"),
    ],
    ids=str,
)
def test_values_of_a_column(values: list[Any], dtype: str) -> None:
    column = column_of(values)
    assert str(column.dtype) == dtype
    assert [None if pd.isna(cell) else cell for cell in column] == values


def test_records_with_missing_integers() -> None:
    frame = frame_of_records([{"id": BIG, "n": 1}, {"id": None, "x": 0.5}])
    assert frame.dtypes.astype(str).to_dict() == {"id": "Int64", "n": "Int64", "x": "float64"}
    assert frame["id"].tolist() == [BIG, pd.NA]


@pytest.mark.parametrize("kind", ["int8", "int64", "uint64"])
@pytest.mark.parametrize("name", ["d.parquet", "d.feather", "d.arrow"])
def test_arrow_files_keep_missing_integers(tmp_path: Path, kind: str, name: str) -> None:
    big = {"int8": 127, "int64": BIG, "uint64": 2**64 - 1}[kind]
    array = pa.array([big, None], pa.type_for_alias(kind))
    table = pa.table({"id": array, "f": pa.array([0.5, None])})
    if name == "d.parquet":
        pq.write_table(table, tmp_path / name)
    else:
        with (
            pa.OSFile(str(tmp_path / name), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
    reader = reader_for(name)
    assert reader is not None
    frame = reader(tmp_path / name, Reading())
    assert str(frame["id"].dtype) == kind.replace("uint", "UInt").replace("int", "Int")
    assert frame["id"].tolist() == [big, pd.NA]
    assert str(frame["f"].dtype) == "float64"


def test_lists_of_integers_with_missing_ones() -> None:
    table = pa.table({"ids": pa.array([[BIG, None], [1]], pa.list_(pa.int64()))})
    assert frame_of_table(table)["ids"].tolist() == [[BIG, None], [1]]


def test_a_frame_that_pandas_wrote_comes_back_as_it_was(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": pd.array([1, None], "Int64"), "f": [1.5, None], "c": pd.Categorical(["x", "y"])},
        index=pd.Index(["r", "s"], name="row"),
    )
    frame.to_parquet(tmp_path / "d.parquet")
    reader = reader_for("d.parquet")
    assert reader is not None
    pd.testing.assert_frame_equal(reader(tmp_path / "d.parquet", Reading()), frame)


def test_names_given_twice() -> None:
    assert unique_names(["a", "a", "a.1", "", None, 5]) == [
        *("a", "a.2", "a.1", "Unnamed: 3", "Unnamed: 4"),
        5,
    ]
    many = unique_names(["a"] * 20_000)
    assert (many[1], many[-1], len(set(many))) == ("a.1", "a.19999", 20_000)
