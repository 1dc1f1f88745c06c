"""How a value of a wrong type becomes one of the right type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.return_types import described, mismatch
from graph_agent.type_turns import turn_into


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [
        (pd.Series([True]), bool, ".any() or .all()"),
        (pd.DataFrame(), bool, "len(rows) > 0"),
        (pd.Series(["a"]), str, ".iloc[0]"),
        (np.int64(3), str, "df.loc[position, column]"),
        (3, str, "df.loc[position, column]"),
        (["a"], str, "its only item"),
        (2.0, int, "int()"),
        ("a", float, "not its label"),
        (pd.DataFrame(), list, "select one column"),
        (("a", 1), str, "not the pair"),
        (0.6, bool, "True or False"),
        (pd.Series([1]), list, ".tolist()"),
    ],
)
def test_the_hint_fits_what_it_is_and_what_is_wanted(value: Any, kind: Any, hint: str) -> None:
    assert hint in mismatch(value, described(kind))


def test_other_classes_get_none() -> None:
    assert turn_into("pandas.DataFrame", {"builtins.int"}) == ""
