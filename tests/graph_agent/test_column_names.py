"""The columns a summary names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from graph_agent.summaries import PrivacyLevel, VariableSummary, summarize


def columns(value: object, level: PrivacyLevel = "sample") -> list[str]:
    return summarize("v", value, level=level).columns


@pytest.mark.parametrize("level", ["schema", "stats", "sample"])
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_name_their_columns(make: Any, level: PrivacyLevel) -> None:
    assert columns(make({"total_bill": [1.0], "Größe": ["x"]}), level) == ["total_bill", "Größe"]


def test_only_printable_strings_of_bounded_length_count() -> None:
    odd = pd.DataFrame([[0] * 6], columns=["a", 1, ("b", "c"), "x\x1b[0m", "y" * 201, ""])
    assert columns(odd) == ["a"]
    pivoted = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    assert columns(pivoted) == []


def test_wide_frames_name_a_bounded_number() -> None:
    wide = pd.DataFrame(np.zeros((1, 3_000)), columns=[f"c{i}" for i in range(3_000)])
    assert columns(wide) == [f"c{i}" for i in range(2_000)]


@pytest.mark.parametrize("value", [1, "a", [1], {"a": 1}, pd.Series([1], name="a"), None])
def test_other_values_have_none(value: object) -> None:
    assert columns(value) == []


def test_a_frame_that_does_not_tell_has_none() -> None:
    class Odd(pd.DataFrame):  # type: ignore[misc]  # pandas ships no types
        @property
        def columns(self) -> Any:
            raise ValueError

    summary = summarize("v", Odd({"a": [1]}))
    assert summary.columns == []
    assert VariableSummary.model_validate(summary.model_dump(mode="json")) == summary
