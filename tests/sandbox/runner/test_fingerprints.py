"""A fingerprint changes with the value, and not with what reading it leaves behind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from sandbox.runner.fingerprints import fingerprint


class Circle:
    def __init__(self, radius: float) -> None:
        self.radius = radius

    @functools.cached_property
    def area(self) -> float:
        return 3 * self.radius**2


def digest(value: Any) -> bytes:
    return fingerprint(value, lambda _: None)


def radius(circle: Circle) -> None:
    circle.radius = 2


def rename(frame: pd.DataFrame) -> None:
    frame.columns = ["b"]


def first(matrix: Any) -> None:
    matrix.data[0] = 9


@pytest.mark.parametrize(
    ("make", "read", "change"),
    [
        (lambda: [1, [2]], len, lambda value: value[1].append(3)),
        (lambda: Circle(1), lambda value: value.area, radius),
        (lambda: pd.DataFrame({"a": [1, 2]}), lambda value: value["a"].is_unique, rename),
        (lambda: sp.csr_array([[1, 0], [0, 2]]), lambda value: value.has_sorted_indices, first),
        (
            lambda: pl.Series([1, 2]),
            lambda value: value.is_sorted(),
            lambda value: value.append(value),
        ),
    ],
    ids=["list", "cached property", "frame", "sparse", "polars"],
)
def test_only_a_change_is_seen(
    make: Callable[[], Any], read: Callable[[Any], Any], change: Callable[[Any], Any]
) -> None:
    value = make()
    before = digest(value)
    read(value)
    assert digest(value) == before
    change(value)
    assert digest(value) != before


def test_a_buffer_may_stand_for_its_place() -> None:
    import numpy as np

    array = np.arange(10)
    before = fingerprint(array, lambda _: b"place 0")
    array[0] = 5
    assert fingerprint(array, lambda _: b"place 0") == before
    assert fingerprint(array, lambda _: b"place 8") != before


def test_a_value_that_cannot_be_pickled_raises() -> None:
    with pytest.raises(Exception, match="generator"):
        digest(item for item in [1])
