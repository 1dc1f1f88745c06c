"""When two programs gave the same answer, whatever form it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nodes.candidates.equality import asks_for_order, same_answer

FRAME = pd.DataFrame({"day": ["Fri", "Sat"], "tip": [2.5, 3.0]})
SAME: list[tuple[Any, Any]] = [
    (1, 1.0),
    (0.1 + 0.2, 0.3),
    (np.float64(2.5), 2.5),
    (1_234_567.0, 1_234_567.5),
    (True, np.True_),
    (" Sat", "Sat"),
    (float("nan"), np.nan),
    (None, pd.NA),
    ([1, 2, 3], [3, 2, 1]),
    ([1, 2], (2.0, 1.0)),
    (["a", "b"], np.array(["b", "a"])),
    ({"a": 1, "b": [1, 2]}, {"b": [2, 1], "a": 1.0}),
    ({"a", "b"}, ["b", "a"]),
    (FRAME, FRAME.iloc[::-1]),
    (FRAME, FRAME[["tip", "day"]].assign(tip=lambda f: f.tip + 1e-12)),
    (FRAME.set_index("day"), FRAME),
    (FRAME.set_index("day").tip, FRAME.set_index("day").tip.iloc[::-1]),
    (pd.Series([1, 2]), [2, 1]),
    (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01")),
]
OTHER: list[tuple[Any, Any]] = [
    (1, 2),
    (1.0, 1.001),
    (True, 1),
    (False, 0.0),
    ("Sat", "Sun"),
    ("1", 1),
    (None, 0),
    ([1, 2], [1, 2, 2]),
    ([1, 2], [1, 3]),
    ({"a": 1}, {"b": 1}),
    (FRAME, FRAME.assign(tip=[2.5, 3.1])),
    (FRAME, FRAME.rename(columns={"tip": "mean"})),
    (FRAME, FRAME.head(1)),
    (FRAME.set_index("day").tip, pd.Series([2.5, 3.0], index=["Sat", "Fri"])),
    (1, [1]),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_the_same(first: Any, second: Any) -> None:
    assert same_answer(first, second, ordered=False)
    assert same_answer(second, first, ordered=False)


@pytest.mark.parametrize(("first", "second"), OTHER)
def test_another(first: Any, second: Any) -> None:
    assert not same_answer(first, second, ordered=False)
    assert not same_answer(second, first, ordered=False)


def test_order_counts_where_it_is_asked_for() -> None:
    assert not same_answer([1, 2], [2, 1], ordered=True)
    assert same_answer([1, 2], [1, 2], ordered=True)
    assert not same_answer(FRAME, FRAME.iloc[::-1], ordered=True)
    assert asks_for_order("The days, sorted by mean tip")
    assert not asks_for_order("Mean tip by day")


def test_what_cannot_be_compared_differs() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError

        __hash__ = None  # type: ignore[assignment]

    odd = Odd()
    assert not same_answer(odd, odd, ordered=False)


def test_what_claims_to_be_huge_is_compared_by_its_beginning() -> None:
    huge = pd.RangeIndex(2**40)
    assert same_answer(huge, pd.RangeIndex(2**40), ordered=True)
    assert not same_answer(huge, pd.RangeIndex(2**40 - 1), ordered=True)
    assert not same_answer(huge, pd.RangeIndex(1, 2**40 + 1), ordered=True)
    empty = pd.DataFrame(index=huge)
    assert not same_answer(empty, pd.DataFrame(index=pd.RangeIndex(3)), ordered=True)
