"""Columns that a program certainly reads and that its tables certainly don't have."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graph_agent.similar import nearest_columns, plain_name
from nodes.rules.certain_reads import certain_nodes, certain_parts
from nodes.rules.followed_tables import FollowedTables, Groups, Table
from nodes.rules.table_syntax import constants_in, key_parts

__all__ = ["UnknownColumn", "unknown_columns"]

_UNFORESEEN = {"globals", "locals", "vars", "exec", "eval", "setattr", "exit", "quit", "SystemExit"}
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
"""What other statements do isn't followed: they may change each table that they mention."""
_MAX_LISTED = 8


class UnknownColumn(NamedTuple):
    """A column that is read though no table has it.

    ``nearest``: the columns most like it; if there is none, some of the table's. ``same``: the
    only column that differs from it in no more than case, spaces and marks.
    """

    name: str
    table: str
    node: ast.Constant
    nearest: list[str]
    same: str | None

    @property
    def line(self) -> int:
        """Where it is read."""
        return self.node.lineno


@dataclass
class _Reader:
    """Goes through a program's statements and follows its tables."""

    tables: FollowedTables
    found: list[UnknownColumn] = field(default_factory=list)

    def read(self, tree: ast.Module) -> None:
        for statement in tree.body:
            for part in certain_parts(statement):
                self.tables.lose_escaped(part, statement)
            for node in certain_nodes(ast.Module([statement], [])):
                self._check(node)
            if not isinstance(statement, _SIMPLE):
                self.tables.lose(statement)
            self.tables.bind(statement)

    def _check(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            if isinstance(node, ast.Call):
                self._check_call(node)
            return
        if isinstance(node.value, ast.Attribute) and node.value.attr == "loc":
            owner, keys = self.tables.value(node.value.value), key_parts(node.slice)[1:]
        else:
            owner, keys = self.tables.value(node.value), [node.slice]
        if owner is not None:
            for key in keys:
                self._compare(owner, key)

    def _check_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Attribute):
            return
        owner = self.tables.value(node.func.value)
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        if isinstance(owner, Table) and node.func.attr in ("groupby", "sort_values"):
            key = node.args[0] if node.args else named.get("by")
            if key is not None and not {"axis", "level"} & named.keys():
                self._compare(owner, key)

    def _compare(self, owner: Table | Groups, key: ast.expr) -> None:
        table = owner.table if isinstance(owner, Groups) else owner
        for node in constants_in(key):
            if node.value not in table.columns and not table.lost:
                self.found.append(_unknown(node, table))


def _unknown(node: ast.Constant, table: Table) -> UnknownColumn:
    name, every = str(node.value), sorted(table.columns)
    near = nearest_columns(name, every) or every[:_MAX_LISTED]
    same = [column for column in every if plain_name(column) == plain_name(name)]
    return UnknownColumn(name, table.source, node, near, same[0] if len(same) == 1 else None)


def unknown_columns(tree: ast.Module, tables: Mapping[str, Sequence[str]]) -> list[UnknownColumn]:
    """List the columns that the program reads from a table that can't have them.

    ``tables``: the columns of each given table about which all is known. A table is followed
    through copies, selections of rows and columns, and assignments of constant names; what
    anything else may have changed is claimed about no more.
    """
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if words & _UNFORESEEN:
        return []
    followed = {name: Table(name, set(columns)) for name, columns in tables.items()}
    reader = _Reader(FollowedTables(followed))
    reader.read(tree)
    return reader.found
