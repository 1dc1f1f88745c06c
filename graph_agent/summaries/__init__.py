"""Summaries of variables: what the model learns about values that it never receives.

One module describes each kind of value; :mod:`.describe` picks it.
"""

from __future__ import annotations

from graph_agent.summaries.describe import summarize
from graph_agent.summaries.parts import VariableSummary

__all__ = ["VariableSummary", "summarize"]
