"""pandas' extension arrays and frequencies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("custom business day", lambda: pd.date_range(
        "2024", periods=3, freq=pd.offsets.CustomBusinessDay(holidays=["2024-01-02"])),
     "set freq=None"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_an_array_class_of_another_library_is_named() -> None:
    class Own(pd.arrays.IntegerArray):
        pass

    integers = pd.array([1, 2], dtype="Int64")
    assert "Own" in reason_for(Own(integers._data, integers._mask))
