"""Rules on what a program would fail at: applied before it costs a container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.state import AgentState
from nodes.rules.rule import Evidence
from nodes.rules.undefined_names import undefined_names
from nodes.rules.unknown_columns import UnknownColumn, unknown_columns
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.composing import names_of, parts_of

__all__ = [
    "known_tables",
    "passed_names",
    "undefined_name",
    "undefined_text",
    "unknown_column",
    "unknown_column_text",
]

_MAX_NAMED = 3
_MAX_GIVEN = 8


def undefined_text(code: str, state: AgentState) -> str:
    """Name what the code certainly reads before it is defined; "" if there is nothing."""
    given = list(passed_names(state))
    found = list(undefined_names(code, given))[:_MAX_NAMED]
    if not found:
        return ""
    said = "; ".join(f"the name {name!r} in line {line} is not defined" for name, line in found)
    there = f"; the data is in {', '.join(given[:_MAX_GIVEN])}" if given else ""
    return said + there


def passed_names(state: AgentState) -> dict[str, None]:
    """Return the names that the code gets; a follow-up may get some that aren't described."""
    return dict.fromkeys(_passed(state))


def _passed(state: AgentState) -> Iterator[str]:
    for summary in state.get("summaries") or ():
        yield str(summary["name"])
    if stored := state.get("variables"):
        for part in parts_of(VariableBundle.from_json(stored)):
            yield from names_of(part)


def unknown_column_text(code: str, state: AgentState) -> str:
    """Name the columns that the code certainly reads and no table has; "" if there are none."""
    tree, tables = tree_of(code), known_tables(state)
    found = unknown_columns(tree, tables) if tree is not None and tables else []
    first = {(each.name, each.table): each for each in reversed(found)}
    return "; ".join(map(_said, [*first.values()][::-1][:_MAX_NAMED]))


def known_tables(state: AgentState) -> dict[str, Sequence[str]]:
    """Return the columns of each given table about which all is known."""
    return {
        str(summary["name"]): summary.get("columns") or ()
        for summary in state.get("summaries") or ()
        if summary.get("closed")
    }


def _said(found: UnknownColumn) -> str:
    instead = f", but {', '.join(map(repr, found.nearest))}" if found.nearest else ""
    return f"in line {found.line}, {found.table} has no column {found.name!r}{instead}"


def undefined_name(evidence: Evidence) -> Iterator[str]:
    """The code reads a name that nothing defines."""
    if _raised(evidence, "NameError"):
        yield from filter(None, [undefined_text(evidence.view.last.code, evidence.view.state)])


def unknown_column(evidence: Evidence) -> Iterator[str]:
    """The code reads a column that no table has."""
    if _raised(evidence, "KeyError"):
        yield from filter(None, [unknown_column_text(evidence.view.last.code, evidence.view.state)])


def _raised(evidence: Evidence, name: str) -> bool:
    error = evidence.execution.error
    return error is not None and error.name == name
