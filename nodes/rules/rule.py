"""What a rule is, and the evidence it looks at."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from graph_agent.context import RunView
from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.records import ExecutionRecord

__all__ = ["Evidence", "Rule"]


@dataclass(frozen=True)
class Evidence:
    """An attempt that was run: its code, what it did, what was asked."""

    view: RunView
    execution: ExecutionRecord

    @cached_property
    def request(self) -> str:
        """The task in plain words."""
        return self.view.state.get("request") or ""

    @property
    def ended_well(self) -> bool:
        """Whether the code ran to its end."""
        return self.execution.outcome == "ok"

    @property
    def checks_passed(self) -> bool:
        """Whether the request's own checks ran and passed."""
        state = self.view.state
        is_on = bool(state.get("checks")) and "checks" not in (state.get("skip_rules") or ())
        return is_on and self.ended_well and self.execution.check_error is None

    @cached_property
    def tree(self) -> ast.Module:
        """The program; an empty one if the code doesn't parse."""
        return tree_of(self.view.last.code) or ast.Module(body=[], type_ignores=[])

    @cached_property
    def stored(self) -> set[str]:
        """The names that the program binds anywhere."""
        names = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        return {name.id for name in names if isinstance(name.ctx, ast.Store)}

    @cached_property
    def given(self) -> dict[str, str]:
        """Name to type of every variable the code was given."""
        return {summary["name"]: summary["type"] for summary in self.summaries}

    @cached_property
    def earlier_results(self) -> set[str]:
        """The given variables that an earlier request's code made, and this one may make anew."""
        return {summary["name"] for summary in self.summaries if summary.get("earlier_result")}

    @cached_property
    def summaries(self) -> list[dict[str, Any]]:
        """The summaries of the given variables, as the state holds them."""
        return self.view.state.get("summaries") or []

    @cached_property
    def returns(self) -> list[str]:
        """The variables that were asked for."""
        return self.view.state.get("returns") or []


@dataclass(frozen=True)
class Rule:
    """A rule: its name, one line on what it finds, and the function that looks for it.

    ``decisive``: a finding means failure even if a model disagrees. ``look`` yields a
    sentence for each finding, ``hint`` one for each that isn't decisive. ``is_fact``: it states
    what happened, so that it stays decisive where the request's own checks passed. ``judges``:
    runs that ended well, those of them that left figures, runs that failed, or all.
    """

    name: str
    finds: str
    decisive: bool
    look: Callable[[Evidence], Iterator[str]]
    can_be_skipped: bool = True
    hint: Callable[[Evidence], Iterator[str]] | None = None
    is_fact: bool = False
    judges: Literal["ended", "figures", "failed", "any"] = "ended"
