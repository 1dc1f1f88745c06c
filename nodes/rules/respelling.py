"""Names that would certainly fail, and that can only mean one thing: they are spelled right.

A column whose name differs from one of the table's only in case, spaces and marks is that column.
The only given variable under another name, before it is used, is that variable.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.state import AgentState
from nodes.rules.before_running import known_tables, passed_names
from nodes.rules.undefined_names import undefined_names
from nodes.rules.unknown_columns import unknown_columns

__all__ = ["Respelled", "respelled"]


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
    tree = tree_of(done.code)
    found = unknown_columns(tree, known_tables(state)) if tree is not None else []
    meant = [(each.node, each.same) for each in found if each.same is not None]
    said = {f"wrote the column {node.value!r} as {name!r}" for node, name in meant}
    edits = [(node, repr(name)) for node, name in meant]
    return Respelled(_edited(done.code, edits), [*done.notes, *sorted(said)])


def _with_given_name(code: str, state: AgentState) -> Respelled:
    given = list(passed_names(state))
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
