"""Applies the rules to an attempt, for tests."""

from __future__ import annotations

from typing import Any

from graph_agent.context import RunView
from graph_agent.records import Attempt, Finding
from nodes.rules import apply_rules


def findings(attempt: Attempt, **state: Any) -> list[Finding]:
    """Return what the rules find in an attempt of a run with this state."""
    given: Any = {"request": "Add it up", **state, "attempts": [attempt.to_state()]}
    return apply_rules(RunView(given))


def rules(attempt: Attempt, **state: Any) -> list[str]:
    """Return the names of the rules that find something."""
    return [finding.rule for finding in findings(attempt, **state)]
