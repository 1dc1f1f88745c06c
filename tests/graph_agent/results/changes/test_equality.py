"""Equality that no class can break."""

from __future__ import annotations

import numpy as np
import pytest

from graph_agent.results.changes.equality import differs, same
from graph_agent.results.changes.library_tables import Column


class Raises:
    """Can't be compared."""

    def __init__(self, shown: str) -> None:
        self.shown = shown

    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self.shown


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [
        (1, 1.0, True),
        (float("nan"), float("nan"), True),
        ("a", "b", False),
        (np.array([1, 2]), np.array([1, 2]), True),
        (np.array([1, 2]), [1, 3], False),
        ([np.array([1, 2])], [np.array([1, 2])], True),
        (Raises("a"), Raises("a"), True),
        (Raises("a"), Raises("b"), False),
    ],
)
def test_same(old: object, new: object, equal: bool) -> None:
    assert same(old, new) is equal


def column(values: object) -> Column:
    array = np.array(values, dtype=object) if isinstance(values, list) else np.asarray(values)
    return Column(array, np.array([value is None for value in array]))


def test_cells_that_differ_whatever_they_are() -> None:
    old = column([1, None, "x", Raises("a"), None])
    new = column([1, None, "y", Raises("a"), 2])
    assert differs(old, new).tolist() == [False, False, True, False, True]
    times = np.array(["2020-01-01"], dtype="datetime64[ns]")
    assert differs(column(times), column(times)).tolist() == [False]
    assert differs(column(times), column(np.array([1]))).tolist() == [True]
