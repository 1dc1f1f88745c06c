"""Which variables of the module a piece of a program reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

__all__ = ["Function", "dotted", "local_names", "reads", "stored_names"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_NAMESPACES = {"globals", "locals", "vars", "dir"}
_TAKE_TEXT = {
    "eval", "exec", "query", "sql", "sqldf", "execute", "read_sql", "read_sql_query",
    *_NAMESPACES,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d]\w*")


def reads(*nodes: ast.AST) -> set[str]:
    """Collect the names that ``nodes`` load from the module, functions inside included.

    Parameters, local variables and comprehension variables are told apart; names in
    the text of SQL, of ``eval`` and of ``globals()["name"]`` count as read.
    """
    found = _Reads()
    for node in nodes:
        found.visit(node)
    return found.names


def dotted(node: ast.AST) -> list[str]:
    """Split ``a.b.c`` into its parts; what is called or indexed on the way is left out."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return parts[::-1]
    return [node.id, *parts[::-1]]


def stored_names(node: ast.AST) -> set[str]:
    """Collect the names a target binds."""
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def local_names(function: Function) -> frozenset[str]:
    """Collect parameters and local variables, those declared global left out."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = {one.arg for one in [*every, arguments.vararg, arguments.kwarg] if one is not None}
    if isinstance(function, ast.Lambda):
        return frozenset(names)
    outer: set[str] = set()
    for statement in function.body:
        for one in ast.walk(statement):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                names.add(one.id)
            elif isinstance(one, ast.Global):
                outer.update(one.names)
    return frozenset(names - outer)


class _Reads(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self._hidden: frozenset[str] = frozenset()

    def _add(self, names: Iterable[str]) -> None:
        self.names.update(name for name in names if name not in self._hidden)

    def _inside(self, hidden: Iterable[str], nodes: Iterable[ast.AST]) -> None:
        before, self._hidden = self._hidden, self._hidden.union(hidden)
        for node in nodes:
            self.visit(node)
        self._hidden = before

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is below, without the overhead of finding a method for what holds nothing."""
        for name in node._fields:
            value = getattr(node, name, None)
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, ast.AST) and one._fields:
                    self.visit(one)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Skip it; the base class's own looks for names long gone."""

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._add([node.id])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(dotted(node.target)[:1])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if (dotted(node.func) or [""])[-1] in _TAKE_TEXT:
            self._add_words(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Call) and _NAMESPACES.intersection(dotted(node.value)):
            self._add_words(node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        calls = (one for one in node.comparators if isinstance(one, ast.Call))
        if any(_NAMESPACES.intersection(dotted(one)) for one in calls):
            self._add_words(node)
        self.generic_visit(node)

    def _add_words(self, node: ast.AST) -> None:
        for one in ast.walk(node):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                self._add(_WORD.findall(one.value))

    def _visit_function(self, node: Function) -> None:
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        for one in [*getattr(node, "decorator_list", []), *defaults]:
            self.visit(one)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._inside(local_names(node), body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.visit(node.generators[0].iter)
        hidden = {name for one in node.generators for name in stored_names(one.target)}
        self._inside(hidden, ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815
