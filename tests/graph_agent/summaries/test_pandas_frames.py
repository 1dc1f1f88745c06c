"""pandas objects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graph_agent.samples import load_tips
from tests.graph_agent.summaries.values import CANARIES, text


def test_odd_frames() -> None:
    twice = pd.DataFrame([[1, "a"]], columns=["x", "x"])
    assert text(twice, "schema").count("'x'") == 2
    assert "0 rows × 0 columns" in text(pd.DataFrame())
    assert "MultiIndex of 2 levels named 'k', 'n'" in text(
        pd.DataFrame({"a": [1]}, index=CANARIES["multi-index"])
    )
    pivot = load_tips().pivot_table(index="day", columns=["time", "sex"], values="tip")
    assert "columns are a MultiIndex named ['time', 'sex']" in text(pivot)
    infinite = pd.DataFrame({"a": [np.inf, -np.inf, np.nan, 1.0, 2.0]})
    assert "min -inf, max inf, mean nan" in text(infinite)
    nullable = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    assert "1 missing, 2 unique, min 1, max 3, mean 2" in text(nullable)


def test_series_and_indexes() -> None:
    series = pd.Series([1.0, 2.0, None], index=["a", "b", "c"], name="weight")
    assert text(series).splitlines() == [
        "v: pandas.Series, 3 values of float64, named 'weight'",
        "  index: Index of str",
        "  1 missing, 2 unique, min 1, max 2, mean 1.5",
        "  first values: 1.0, 2.0, nan",
        "  their index labels: 'a', 'b', 'c'",
    ]
    assert text(pd.Index([7, 8], name="k")).splitlines() == [
        "v: pandas.Index, 2 values of int64, named 'k'",
        "  0 missing, 2 unique, min 7, max 8, mean 7.5",
        "  first values: 7, 8",
    ]
    assert "Categorical, 2 values of category" in text(pd.Categorical(["a", "b"]), "schema")
    assert "first values: ('a', 1)" in text(pd.MultiIndex.from_tuples([("a", 1)]))


def test_cells_that_cannot_be_counted() -> None:
    assert "'a': object, 0 missing\n" in text(pd.DataFrame({"a": [[1], [2]]}))
