"""The names of the rules a request may switch off; the rules are in :mod:`nodes.rules`."""

from __future__ import annotations

RULE_NAMES = (
    "checks",
    "missing_return",
    "no_figure",
    "empty_result",
    "input_overwritten",
    "blank_result",
    "blank_figure",
    "untouched_column",
)
