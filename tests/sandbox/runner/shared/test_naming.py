"""Names of types, including those that hide their name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

from sandbox.runner.shared.naming import class_name, module_name, type_name, with_article


class Meta(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ValueError("hidden")

    __module__ = "forged"


class Hidden(metaclass=Meta):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "int"),
        (None, "NoneType"),
        (pd.DataFrame(), "pandas.DataFrame"),
        (np.arange(2), "numpy.ndarray"),
        (LinearRegression(), "sklearn.LinearRegression"),
        (pl.Series(), "polars.Series"),
        (Hidden(), "tests.Hidden"),
    ],
)
def test_type_name(value: object, name: str) -> None:
    assert type_name(value) == name


def test_a_metaclass_cannot_forge_names() -> None:
    assert class_name(Hidden) == "Hidden"
    assert module_name(Hidden) == __name__


def test_article() -> None:
    assert [with_article(name) for name in ("int", "dict", "Axes")] == [
        "an int",
        "a dict",
        "an Axes",
    ]
