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


class Evidence:
    """An attempt that was run: its code, what it did, what was asked.

    ``request``: the task in plain words. ``summaries``: those of the given variables, as the state
    holds them. ``given``: name to type of these. ``returns``: the variables that were asked for.
    ``ended_well``: the code ran to its end. ``checks_passed``: the request's own checks did too.
    """

    def __init__(self, view: RunView, execution: ExecutionRecord) -> None:
        state = view.state
        self.view = view
        self.execution = execution
        self.request: str = state.get("request") or ""
        self.summaries: list[dict[str, Any]] = state.get("summaries") or []
        self.given: dict[str, str] = {each["name"]: each["type"] for each in self.summaries}
        self.returns: list[str] = state.get("returns") or []
        self.ended_well = execution.outcome == "ok"
        is_checked = bool(state.get("checks")) and "checks" not in (state.get("skip_rules") or ())
        self.checks_passed = is_checked and self.ended_well and execution.check_error is None

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
    def earlier_results(self) -> set[str]:
        """The given variables that an earlier request's code made, and this one may make anew."""
        return {summary["name"] for summary in self.summaries if summary.get("earlier_result")}


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
