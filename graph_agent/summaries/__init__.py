"""Summaries of variables: what the model is told of values it never gets.

One module describes each kind of value; :mod:`.describe` picks it.
"""

from __future__ import annotations

from graph_agent.summaries.describe import summarize
from graph_agent.summaries.record import PrivacyLevel, VariableSummary

__all__ = ["PrivacyLevel", "VariableSummary", "summarize"]
