"""pyarrow objects."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.graph_agent.summaries.values import text


@pytest.mark.parametrize("array", [pa.array([1, 2, None]), pa.chunked_array([[1], [2, None]])])
def test_arrays(array: object) -> None:
    headline, *lines = text(array).splitlines()
    assert headline.endswith("Array, 3 values of int64")
    assert lines == [
        "  1 missing, 2 unique, min 1, max 2, mean 1.5",
        "  first values: 1, 2, None",
    ]


def test_a_record_batch() -> None:
    summary = text(pa.record_batch({"a": ["x", "y"]}))
    assert "RecordBatch, 2 rows × 1 column" in summary
    assert "'a': string, 0 missing, 2 unique ('x', 'y')" in summary


def test_nested_types_are_not_counted() -> None:
    summary = text(pa.table({"a": [[1], None]}), "stats")
    assert "1 missing" in summary
    assert "unique" not in summary
    assert "failed" not in summary
