"""What each privacy level allows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from graph_agent.records import PrivacyLevel
from graph_agent.summaries import summarize
from graph_agent.summaries.parts import MIN_STATS_VALUES, Description, View


def test_a_summary_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        summarize("v", 1).text = ""


@pytest.mark.parametrize(
    ("level", "n_values", "n_unique", "allowed"),
    [
        ("schema", 100, 100, False),
        ("stats", MIN_STATS_VALUES, 2, True),
        ("stats", MIN_STATS_VALUES - 1, 2, False),
        ("stats", 100, 1, False),
        ("sample", 1, 1, True),
    ],
)
def test_aggregates_of_few_or_equal_values_are_allowed_in_samples_only(
    level: PrivacyLevel, n_values: int, n_unique: int, allowed: bool
) -> None:
    view = View(level=level, max_chars=100, recurse=lambda value, view: Description("", []))
    assert view.may_aggregate(n_values, n_unique) is allowed


def test_contained_values_are_one_level_deeper() -> None:
    outer = View("sample", 100, lambda value, view: Description(f"{value} at {view.depth}", []))
    assert outer.inside("x").headline == "x at 1"
