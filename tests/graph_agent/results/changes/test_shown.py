"""A difference as text and as HTML, with nothing hostile in it."""

from __future__ import annotations

import pandas as pd

from graph_agent.results.changes.compare import compare, compare_all
from tests.graph_agent.results.test_html import HOSTILE, Tags


def test_before_and_after_stand_side_by_side() -> None:
    old = pd.DataFrame({"n": [1, 2]})
    shown = compare("t", old.assign(n=[1, 3], m=0), old)._repr_mimebundle_()
    assert "n[1]: 2 → 3" in shown["text/plain"]
    assert "~ t (changed): pandas.DataFrame, 2 rows × 2 columns" in shown["text/plain"]
    page = Tags(shown["text/html"])
    assert {"table", "th", "details"} <= page.tags
    assert "beforeaftern[1]23" in page.text


def test_nothing_hostile_reaches_the_page() -> None:
    old = pd.DataFrame({HOSTILE: [HOSTILE]}, index=[HOSTILE])
    new = pd.DataFrame({HOSTILE: [HOSTILE + "!"], "n": [1]}, index=[HOSTILE])
    values = {"a": new, "b": {HOSTILE: HOSTILE}, "c": HOSTILE, HOSTILE: 1, "d": [HOSTILE]}
    for old_values in ({}, {"a": old, "b": {HOSTILE: 1}, "c": "", "d": []}):
        bundle = compare_all(values, old_values)._repr_mimebundle_()
        page = Tags(bundle["text/html"])
        assert not {"script", "img"} & page.tags
        assert not any(name.startswith("on") for name, _ in page.attributes)
        for text in bundle.values():
            assert not {"\x1b", "\u202e"} & set(text)
