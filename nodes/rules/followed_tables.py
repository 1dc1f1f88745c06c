"""Tables that a program holds under names, followed through its statements."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from nodes.rules.table_syntax import (
    bound_in,
    is_mask,
    key_parts,
    may_change,
    names_in,
    safe_children,
)

__all__ = ["FollowedTables", "Groups", "Table"]

_SAME_COLUMNS = {
    "copy", "head", "tail", "sample", "dropna", "fillna", "sort_values", "sort_index",
    "drop_duplicates", "nlargest", "nsmallest", "query", "round", "ffill", "bfill",
}  # fmt: skip
"""Methods of a table that return one with the same columns."""


@dataclass
class Table:
    """A table whose columns are all known until ``lost``; shared by the names that mean it."""

    source: str
    columns: set[str]
    lost: bool = False


@dataclass(frozen=True)
class Groups:
    """What ``groupby`` returns."""

    table: Table


@dataclass
class FollowedTables:
    """The tables whose columns are all known, by name, at one point of a program."""

    tables: dict[str, Table]

    def lose_escaped(self, part: ast.expr, statement: ast.stmt) -> None:
        """Forget the tables that something else may change."""
        safe = {id(statement.value)} if isinstance(statement, (ast.Assign, ast.Expr)) else set()
        for node in ast.walk(part):
            safe.update(map(id, safe_children(node)))
        for node in ast.walk(part):
            is_unsafe = isinstance(node, ast.Name) and id(node) not in safe
            if is_unsafe or isinstance(node, (ast.NamedExpr, ast.Lambda)):
                self.lose(node)
            elif isinstance(node, ast.Call) and may_change(node):
                self.lose(node.func)

    def lose(self, node: ast.AST) -> None:
        """Forget the tables that a part of the program mentions."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.tables:
                self.tables[part.id].lost = True

    def value(self, node: ast.expr) -> Table | Groups | None:
        """Return the table or groups that an expression gives, if its columns are known."""
        if isinstance(node, ast.Name):
            table = self.tables.get(node.id)
            return None if table is None or table.lost else table
        if isinstance(node, ast.Subscript):
            return self._selected(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._called(node, node.func)
        return None

    def _selected(self, node: ast.Subscript) -> Table | Groups | None:
        inner = node.value
        by_rows = isinstance(inner, ast.Attribute) and inner.attr == "loc"
        owner = self.value(inner.value if isinstance(inner, ast.Attribute) and by_rows else inner)
        if not isinstance(owner, Table):
            return None
        if is_mask(node.slice):
            return Table(owner.source, set(owner.columns))
        names = names_in(node.slice) if isinstance(node.slice, ast.List) else None
        return None if names is None or by_rows else Table(owner.source, set(names))

    def _called(self, node: ast.Call, function: ast.Attribute) -> Table | Groups | None:
        owner = self.value(function.value)
        named = {keyword.arg for keyword in node.keywords}
        if not isinstance(owner, Table) or None in named or "inplace" in named:
            return None
        if function.attr == "groupby" and not {"axis", "level"} & named:
            return Groups(owner)
        if function.attr == "assign" and not node.args:
            return Table(owner.source, owner.columns | {str(name) for name in named})
        if function.attr in _SAME_COLUMNS and "axis" not in named:
            return Table(owner.source, set(owner.columns))
        return None

    def bind(self, statement: ast.stmt) -> None:
        """Take over what a statement binds, after what it reads was looked at."""
        if isinstance(statement, ast.Assign):
            value = self.value(statement.value)
            table = value if isinstance(value, Table) else None
            for target in statement.targets:
                self._assign(target, table)
        elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
            self._assign(statement.target, None)
        else:
            for name in bound_in(statement):
                self.tables.pop(name, None)

    def _assign(self, target: ast.expr, table: Table | None) -> None:
        if isinstance(target, ast.Name):
            self.tables.pop(target.id, None)
            if table is not None:
                self.tables[target.id] = table
        elif isinstance(target, ast.Subscript):
            self._add_columns(target)
        elif isinstance(target, ast.Attribute):
            self.lose(target)
        else:
            for part in ast.iter_child_nodes(target):
                if isinstance(part, ast.expr):
                    self._assign(part, None)

    def _add_columns(self, target: ast.Subscript) -> None:
        base, key = target.value, target.slice
        if isinstance(base, ast.Attribute) and base.attr in ("loc", "at"):
            base = base.value
            key = key_parts(key)[-1]
        names = names_in(key)
        if isinstance(base, ast.Name) and base.id in self.tables and names is not None:
            self.tables[base.id].columns.update(names)
        else:
            self.lose(base)
