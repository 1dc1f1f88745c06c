"""What a program would certainly fail at: spelled right, or refused before it costs a container.

A name that can only mean one thing is spelled right: a column whose name differs from one of the
table's only in case, spaces and marks is that column. The only given variable under another name,
before it is used, is that variable.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.state import AgentState
from nodes.rules.certain_reads import undefined_names
from nodes.rules.rule import Evidence
from nodes.rules.unknown_columns import UnknownColumn, unknown_columns

__all__ = [
    "respelled",
    "undefined_name",
    "undefined_text",
    "unknown_column",
    "unknown_column_text",
]

_MAX_NAMED = 3
_MAX_GIVEN = 8


def undefined_text(code: str, state: AgentState) -> str:
    """Name what the code certainly reads before it is defined; "" if there is nothing."""
    given = list(_passed_names(state))
    found = list(undefined_names(code, given))[:_MAX_NAMED]
    if not found:
        return ""
    said = "; ".join(f"the name {name!r} in line {line} is not defined" for name, line in found)
    there = f"; the data is in {', '.join(given[:_MAX_GIVEN])}" if given else ""
    return said + there


def _passed_names(state: AgentState) -> dict[str, None]:
    """Return the names that the code gets; a follow-up may get some that aren't described."""
    names = [str(summary["name"]) for summary in state.get("summaries") or ()]
    if stored := state.get("variables"):
        names += [variable["name"] for variable in stored["variables"]]
    return dict.fromkeys(names)


def unknown_column_text(code: str, state: AgentState) -> str:
    """Name the columns that the code certainly reads and no table has; "" if there are none."""
    found = _unknown_columns(code, state)
    first = {(each.name, each.table): each for each in reversed(found)}
    return "; ".join(map(_said, [*first.values()][::-1][:_MAX_NAMED]))


def _unknown_columns(code: str, state: AgentState) -> list[UnknownColumn]:
    tables: dict[str, Sequence[str]] = {
        str(summary["name"]): summary.get("columns") or ()
        for summary in state.get("summaries") or ()
        if summary.get("closed")  # all columns are known
    }
    tree = tree_of(code)
    if tree is None or not tables:
        return []
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    spells_one = any(isinstance(text, str) for text in texts)
    return unknown_columns(tree, tables) if spells_one else []


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


class Respelled(NamedTuple):
    """The code, and what was changed in it, in words."""

    code: str
    notes: list[str]


def respelled(code: str, state: AgentState) -> Respelled:
    """Return the code with such names spelled right; all other code stays as it is."""
    skipped = state.get("skip_rules") or ()
    done = Respelled(code, [])
    if "undefined_name" not in skipped:
        done = _with_given_name(code, state)
    return done if "unknown_column" in skipped else _with_columns(done, state)


def _with_columns(done: Respelled, state: AgentState) -> Respelled:
    found = _unknown_columns(done.code, state)
    meant = [(each.node, each.same) for each in found if each.same is not None]
    if not meant:
        return done
    said = {f"wrote the column {node.value!r} as {name!r}" for node, name in meant}
    edits = [(node, repr(name)) for node, name in meant]
    return Respelled(_edited(done.code, edits), [*done.notes, *sorted(said)])


def _with_given_name(code: str, state: AgentState) -> Respelled:
    given = list(_passed_names(state))
    tree = tree_of(code)
    unknown = list(undefined_names(code, given)) if tree is not None and len(given) == 1 else []
    if tree is None or len(unknown) != 1:
        return Respelled(code, [])
    (name, line), names = unknown[0], [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    is_used_before = any(
        n.id == given[0] and isinstance(n.ctx, ast.Load) and n.lineno <= line for n in names
    )
    if is_used_before or not _is_table(name, tree) or name in _bound(names):
        return Respelled(code, [])
    edits = [(node, given[0]) for node in names if node.id == name]
    return Respelled(_edited(code, edits), [f"wrote the variable {name} as {given[0]}"])


def _is_table(name: str, tree: ast.Module) -> bool:
    """Whether something is selected from it: a call of an unknown function isn't data."""
    owners = (n.value for n in ast.walk(tree) if isinstance(n, (ast.Subscript, ast.Attribute)))
    return any(isinstance(owner, ast.Name) and owner.id == name for owner in owners)


def _bound(names: Sequence[ast.Name]) -> set[str]:
    return {node.id for node in names if not isinstance(node.ctx, ast.Load)}


def _edited(code: str, edits: Sequence[tuple[ast.expr, str]]) -> str:
    """Replace the texts of nodes that stand on one line each; offsets count UTF-8 bytes."""
    lines = code.encode().split(b"\n")
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, -edit[0].col_offset)):
        if node.end_lineno == node.lineno and node.end_col_offset is not None:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = (
                line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
            )
    return b"\n".join(lines).decode()
