"""The comparison that round-trip tests use is stricter than equality."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.sandbox.identity import identical
from tests.sandbox.value_kinds import KINDS


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0.0, -0.0),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.arange(3), np.arange(3, dtype="i4")),
        (pd.Series([1], name="a"), pd.Series([1], name="b")),
        (pd.Series(["a"], dtype=object), pd.Series(["a"])),
        (pd.Categorical(["a"]), pd.Categorical(["a"], ordered=True)),
        (pd.Timestamp("2024").as_unit("s"), pd.Timestamp("2024").as_unit("ns")),
        (pd.date_range("2024", periods=3), pd.date_range("2024", periods=3)._with_freq(None)),
        (pd.Series([1]), pd.Series([1]).set_flags(allows_duplicate_labels=False)),
    ],
)  # fmt: skip
def test_equal_values_may_differ(left: Any, right: Any) -> None:
    assert not identical(left, right)


def test_kind_names_are_unique() -> None:
    names = [name for name, _ in KINDS]
    assert len(names) == len(set(names)) >= 80
