"""Builtin containers."""

from __future__ import annotations

import collections

import pandas as pd

from tests.graph_agent.summaries.hostile_values import HostileDict, HostileList
from tests.graph_agent.summaries.values import LEVELS, Pair, text


def test_containers_describe_their_items() -> None:
    assert text([1, 2, "x"], "schema") == "v: list of 3 items: 2 int, 1 str"
    assert text([1, 2]) == "v: list of 2 items, all int\n  first items: 1, 2"
    nested = text({"frame": pd.DataFrame({"a": [1]}), "more": {"b": [1, 2]}}, "schema")
    assert "['frame']: pandas.DataFrame, 1 row × 1 column; columns: 'a'" in nested
    assert "['b']: list of 2 items, all int" in nested
    assert "all int (among the first 10,000)" in text(list(range(20_000)))
    assert ".left: int" in text(Pair(1, 2), "schema")


def test_a_container_that_holds_itself() -> None:
    loop: list[object] = []
    loop.append(loop)
    knot: dict[str, object] = {}
    knot["self"] = knot
    for level in LEVELS:
        assert "list of 1 item" in text(loop, level)
        assert "dict of 1 key" in text(knot, level)


def test_overridden_methods_are_not_called() -> None:
    assert "HostileList of 2 items, all int" in text(HostileList([1, 2]))
    assert "HostileDict of 1 key: str → int" in text(HostileDict(a=1))


def test_keys_that_are_data_are_not_named_below_sample() -> None:
    many = {f"key{number}": number for number in range(60)}
    assert "… 60 more keys" in text(many, "schema")
    assert "['key0']: int, value 0" in text(many)
    assert "word" not in text(collections.Counter(["word"]), "schema")
    assert "two words" not in text({"two words": 1}, "schema")
