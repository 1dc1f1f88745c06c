"""Which rows of two tables belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.results.changes import library_tables
from graph_agent.results.changes.library_tables import table_of


def matched(new: Any, old: Any) -> tuple[str, int, int, list[int]]:
    new_table, old_table = table_of(new), table_of(old)
    assert new_table is not None
    assert old_table is not None
    match = new_table.match(old_table)
    places = match.old_row(np.arange(new_table.n_rows))
    return match.by, match.added, match.removed, [int(place) for place in places]


def indexed(*labels: Any) -> pd.Series:
    return pd.Series(range(len(labels)), index=list(labels))


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (indexed("a", "c"), indexed("a", "b", "c"), ("index", 0, 1, [0, 2])),
        (indexed("c", "d"), indexed("a", "c"), ("index", 1, 1, [1, -1])),
        (indexed(2, 7), pd.Series(range(4)), ("index", 1, 3, [2, -1])),
        (pd.Series(range(2)), indexed(1, 0), ("index", 0, 0, [1, 0])),
        (indexed("a", "a"), indexed("a"), ("position", 1, 0, [0, -1])),
        (pd.Series(range(6))[::2], pd.Series(range(6))[::3], ("index", 2, 1, [0, -1, -1])),
    ],
)
def test_rows_are_matched_by_index_where_it_names_each_once(
    new: Any, old: Any, expected: Any
) -> None:
    assert matched(new, old) == expected


def test_a_day_is_a_label_without_its_type() -> None:
    labels = indexed(pd.Timestamp("2026-03-01"), pd.Timestamp("2026-03-01 09:30"), (1, "a"), 7)
    table = table_of(labels)
    assert table is not None
    assert [table.label(row) for row in range(4)] == [
        "2026-03-01",
        "2026-03-01 09:30:00",
        "(1, 'a')",
        "7",
    ]


def test_long_tables_with_labels_of_their_own_are_matched_by_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library_tables, "MAX_HASHED_ROWS", 1)
    assert matched(indexed("b", "a"), indexed("a", "b"))[0] == "position"
    assert matched(pd.Series(range(9))[::2], pd.Series(range(9)))[0] == "index"


def test_other_values_are_no_tables() -> None:
    for value in (1, [1], np.zeros(2), pd.Index([1])):
        assert table_of(value) is None
