"""Dicts, lists, tuples and sets: items added, removed and changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.results.changes import containers
from graph_agent.results.changes.compare import compare


@pytest.mark.parametrize(
    ("old", "new", "fact", "place"),
    [
        ({"a": 1, "b": 2}, {"a": 3, "c": 4}, "items: 1 added, 1 removed, 1 changed", "['a']"),
        ([1, 2, 3], [1, 5], "items: 1 removed, 1 changed", "[1]"),
        ((1,), (1, 2), "items: 1 added", "[1]"),
        ({1, 2}, {2, 3}, "items: 1 added, 1 removed", "item"),
        (
            {"f": pd.DataFrame({"a": [1]})},
            {"f": pd.DataFrame({"a": [2]})},
            "items: 1 changed",
            "['f']",
        ),
        ([np.zeros(2)], [np.ones(2)], "items: 1 changed", "[0]"),
    ],
)
def test_what_differs(old: Any, new: Any, fact: str, place: str) -> None:
    change = compare("x", new, old)
    assert list(change.facts) == [fact]
    assert change.cells[0].place == place


def test_tables_inside_are_compared_by_value() -> None:
    old = {"f": pd.DataFrame({"a": [1, None]}), "s": pd.Series([1])}
    assert (
        compare("x", {name: value.copy() for name, value in old.items()}, old).kind == "unchanged"
    )


def test_a_long_list_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_ITEMS", 10)
    change = compare("x", [1] * 100, [0] * 100)
    assert (list(change.facts), len(change.cells)) == (["items: 10 changed"], 5)
    assert "first 10 of 100 items" in change.sampled
