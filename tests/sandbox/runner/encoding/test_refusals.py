"""What has no safe encoding is refused, with advice on what to send instead."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.interpolate import CubicSpline
from sklearn.linear_model import LinearRegression

from tests.sandbox.runner.encoding.refused import reason_for


class Colour(enum.Enum):
    RED = 1


class Plain:
    def __init__(self) -> None:
        self.size = 1


class MyDict(dict):  # type: ignore[type-arg]
    pass


class MyFloat(float):
    pass


class MyFrame(pd.DataFrame):
    pass


REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("builtin function", lambda: len, "a function cannot leave"),
    ("lambda", lambda: lambda: 1, "a function cannot leave"),
    ("generator", lambda: (item for item in [1]), r"make it a list\(\)"),
    ("iterator", lambda: reversed([1]), r"make it a list\(\)"),
    ("zip", lambda: zip([1], [2], strict=True), r"make it a list\(\)"),
    ("match", lambda: re.match("(a)", "a"), r"\.groups\(\)"),
    ("module", lambda: re, "a module cannot leave"),
    ("class", lambda: Colour, "a class cannot leave"),
    ("object", object, "an object has no safe encoding"),
    ("instance", Plain, r"such as its \.size, or vars\(\)"),
    ("dict subclass", MyDict, "subclass of dict"),
    ("float subclass", lambda: MyFloat(1), "subclass of float"),
    ("frame subclass", MyFrame, "subclass of DataFrame"),
    ("memmap-like array", lambda: np.arange(3).view(type("A", (np.ndarray,), {})), "ndarray"),
    ("pattern", lambda: re.compile("a"), r"return its \.pattern"),
    ("memoryview", lambda: memoryview(b"a"), r"make it bytes\(\)"),
    ("exception", lambda: ValueError("x"), r"str\(error\)"),
    ("model", LinearRegression, "a sklearn.LinearRegression has no safe encoding; return what it"),
    ("fitted model", lambda: LinearRegression().fit([[1], [2]], [1, 2]),
     r"return its \.coef_, \.intercept_, what it predicts, or its score"),
    ("fit", lambda: sm.OLS([1.0, 2, 4], [1.0, 2, 3]).fit(), r"\.params.*str\(… \.summary\(\)\)"),
    ("spline", lambda: CubicSpline([0, 1, 2], [0, 1, 4]), "the values it gives at the points"),
    ("line", lambda: np.poly1d([1, 2]), r"return its \.coeffs"),
    ("groupby", lambda: pd.DataFrame({"a": [1]}).groupby("a"), "aggregate it first"),
    ("lazy frame", lambda: pl.LazyFrame({"a": [1]}), r"\.collect\(\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))
