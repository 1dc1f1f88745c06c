"""Arrays and tensors."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from scipy import sparse

from tests.graph_agent.summaries.values import text


def test_arrays() -> None:
    assert text(np.arange(10.0)).splitlines() == [
        "v: numpy.ndarray, shape (10,), float64",
        "  min 0, max 9, mean 4.5",
        "  first values: 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, … 2 more",
    ]
    assert "1 missing" in text(np.array([1.0, np.nan, np.inf]))
    assert "1, masked" in text(np.ma.array([1, 2], mask=[False, True]))
    assert "2020-01-01" in text(np.array(["2020-01-01"], dtype="datetime64[ns]"))
    assert "structured ('a': int64, 'b': <U3)" in text(np.zeros(2, [("a", "i8"), ("b", "U3")]))
    assert "2 true" in text(np.array([True, True, False]))
    assert "shape (), int64" in text(np.array(3))
    assert "shape (2, 2), int64" in text(np.eye(2, dtype=int))
    assert "3 stored values" in text(sparse.csr_array(np.eye(3)))
    assert "elements: 2 int, 1 str" in text(np.array([1, 2, "x"], dtype=object))


def test_arrays_in_other_values_have_one_line() -> None:
    assert text([np.arange(3)]).splitlines()[1:] == ["  [0]: numpy.ndarray, shape (3,), int64"]


def test_tensors_of_other_libraries_have_shape_and_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = type("Tensor", (), {"__module__": "torch", "shape": (2, 3), "dtype": "float32"})
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    assert text(tensor()) == "v: torch.Tensor, shape (2, 3), float32"
