"""The records show themselves."""

from __future__ import annotations

from graph_agent.results.changes.records import Changes, ValueChange


def test_several_changes_stand_one_below_the_other() -> None:
    changes = Changes([ValueChange("a", "new", "int: 1"), ValueChange("b", "unchanged", "int: 2")])
    bundle = changes._repr_mimebundle_()
    assert bundle["text/plain"] == "+ a (new): int: 1\n\n= b (unchanged): int: 2"
    assert bundle["text/html"].count("<p>") == 2
