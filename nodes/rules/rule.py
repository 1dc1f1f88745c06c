"""What a rule is, and what it looks at."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph_agent.records import ExecutionRecord
from graph_agent.state import AgentState

__all__ = ["Evidence", "Rule"]

_FORBIDS_PARSING = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Evidence:
    """A run attempt as the rules see it: its code, what it did, what was asked."""

    code: str
    execution: ExecutionRecord
    state: AgentState

    @property
    def request(self) -> str:
        """The task in plain words."""
        return self.state.get("request") or ""

    @property
    def ended_well(self) -> bool:
        """Whether the code ran to its end."""
        return self.execution.outcome == "ok"

    @cached_property
    def tree(self) -> ast.Module:
        """The program; an empty one where the code is none."""
        try:
            return ast.parse(self.code)
        except _FORBIDS_PARSING:
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def given(self) -> dict[str, str]:
        """Name to type of every variable the code was given."""
        return {one["name"]: one["type"] for one in self.summaries}

    @property
    def summaries(self) -> list[dict[str, Any]]:
        """The summaries of the given variables, as the state holds them."""
        return self.state.get("summaries") or []

    @property
    def returns(self) -> list[str]:
        """The variables that were asked for."""
        return self.state.get("returns") or []


@dataclass(frozen=True)
class Rule:
    """A rule: its name, one line on what it finds, and how it looks.

    ``decisive``: what it finds means failure whatever a model says. ``look``
    yields a sentence for each find.
    """

    name: str
    finds: str
    decisive: bool
    look: Callable[[Evidence], Iterator[str]]
    can_be_skipped: bool = True
