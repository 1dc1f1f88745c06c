"""Frames go without a copy, and name the place of what cannot be encoded."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for
from tests.sandbox.value_kinds import with_attrs

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("model in a column", lambda: pd.DataFrame({"m": [1, LinearRegression()]}, dtype=object),
     r"^\['m'\]\[1\]: a sklearn"),
    ("object in attrs", lambda: with_attrs(pd.Series([1]), a=len),
     r"^\.attrs\['a'\]: "),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_columns_of_one_dtype_are_encoded_without_a_copy() -> None:
    columns = {name: np.arange(1_000.0) for name in "abc"}
    frame = pd.DataFrame(columns, copy=False)
    views = [part for part in encode_value(frame) if len(part) == 8 * len(frame)]
    assert len(views) == 3
    for view, name in zip(views, "abc", strict=True):
        assert np.shares_memory(np.frombuffer(view, "u1"), frame[name].to_numpy())
