"""What a value would change, for every kind of value, and nothing that raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent.results.changes.compare import compare, compare_all
from sandbox.errors import PayloadError

FRAME = pd.DataFrame({"a": [1, 2]})


class Odd:
    """Neither compares nor shows itself."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("new", "headline"),
    [
        (FRAME, "pandas.DataFrame, 2 rows × 1 column"),
        (FRAME.a, "pandas.Series, 2 rows × 1 column"),
        (pl.DataFrame({"a": [1]}), "polars.DataFrame, 1 row × 1 column"),
        (pl.Series([1, 2]), "polars.Series, 2 rows × 1 column"),
        (np.zeros((2, 3)), "numpy.ndarray float64, 2×3"),
        ({"a": 1}, "dict of 1 item: {'a': 1}"),
        ([1, 2], "list of 2 items: [1, 2]"),
        ({1}, "set of 1 item: {1}"),
        (3, "int: 3"),
        (None, "NoneType: None"),
        (Odd(), "repr() raised RuntimeError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_new_value_an_equal_one_and_one_of_another_type(new: Any, headline: str) -> None:
    change = compare("x", new)
    assert change.kind == "new"
    assert headline in change.headline
    assert compare("x", new, new).kind == "unchanged"
    retyped = compare("x", new, "text" if new is None else None)
    assert retyped.kind == "changed"
    assert "type: " in retyped.facts[0]


@pytest.mark.parametrize("new", [FRAME, pl.DataFrame({"a": [1.5]}), np.ones(3), {"a": [1]}, 4, "x"])
def test_a_copy_is_unchanged(new: Any) -> None:
    copy = new.copy() if hasattr(new, "copy") else new
    assert compare("x", new, copy).kind == "unchanged"


def test_a_changed_value() -> None:
    change = compare("n", 4, 3)
    assert [(cell.old, cell.new) for cell in change.cells] == [("3", "4")]


class Unreadable(Mapping[str, Any]):
    """Values of which one can't be decoded."""

    def __getitem__(self, name: str) -> Any:
        if name == "bad":
            raise PayloadError("this value needs the library polars")
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter(["bad", "good"])

    def __len__(self) -> int:
        return 2


def test_all_values_also_one_that_cannot_be_read() -> None:
    bad, good = compare_all(Unreadable(), {"good": 1}).values
    assert (bad.kind, bad.headline) == ("unreadable", "this value needs the library polars")
    assert good.kind == "unchanged"


def test_nothing_given_is_changed() -> None:
    old = pd.DataFrame({"a": [1, None]}, index=["x", "y"])
    new = pd.DataFrame({"a": [2, 3.0]}, index=["y", "z"])
    before = old.copy(deep=True), new.copy(deep=True)
    compare("x", new, old)
    pd.testing.assert_frame_equal(old, before[0])
    pd.testing.assert_frame_equal(new, before[1])
