"""The names of the rules a request may switch off; the rules are in :mod:`nodes.rules`."""

from __future__ import annotations

RULE_NAMES = (
    "checks",
    "missing_return",
    "no_figure",
    "blank_figure",
    "empty_result",
    "input_overwritten",
    "input_ignored",
    "blank_result",
    "empty_axes",
    "untouched_column",
)
