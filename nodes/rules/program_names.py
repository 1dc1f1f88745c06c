"""The names in a program: which it reads, which it binds, which it mentions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

__all__ = ["CodeWords", "Function", "dotted", "local_names", "reads", "stored_names"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_NAMESPACES = {"globals", "locals", "vars", "dir"}
_TAKE_TEXT = {
    "eval", "exec", "query", "sql", "sqldf", "execute", "read_sql", "read_sql_query",
    *_NAMESPACES,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d]\w*")
_LOADERS = re.compile(r"(?:read|scan)_\w+|load\w*|fetch_\w+|open|genfromtxt")
_NOT_A_WORD = re.compile(r"[\W_]+")


def reads(*nodes: ast.AST) -> set[str]:
    """Collect the names that ``nodes`` load from the module, also in functions inside them.

    Parameters, local variables and comprehension variables don't count; names in the
    text of SQL, of ``eval`` and of ``globals()["name"]`` do.
    """
    found = _Reads()
    for node in nodes:
        found.visit(node)
    return found.names


def dotted(node: ast.AST) -> list[str]:
    """Split ``a.b.c`` into its parts; calls and indexes on the way are left out."""
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
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def local_names(function: Function) -> frozenset[str]:
    """Collect parameters and local variables, without those declared global."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = {
        argument.arg
        for argument in [*every, arguments.vararg, arguments.kwarg]
        if argument is not None
    }
    if isinstance(function, ast.Lambda):
        return frozenset(names)
    outer: set[str] = set()
    for statement in function.body:
        for part in ast.walk(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
            elif isinstance(part, ast.Global):
                outer.update(part.names)
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
        """Visit the children, skipping those without fields: this is faster than the base class."""
        for name in node._fields:
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST) and child._fields:
                    self.visit(child)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Skip it: the base class does much more here."""

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
        calls = (call for call in node.comparators if isinstance(call, ast.Call))
        if any(_NAMESPACES.intersection(dotted(call)) for call in calls):
            self._add_words(node)
        self.generic_visit(node)

    def _add_words(self, node: ast.AST) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self._add(_WORD.findall(part.value))

    def _visit_function(self, node: Function) -> None:
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        for part in [*getattr(node, "decorator_list", []), *defaults]:
            self.visit(part)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._inside(local_names(node), body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.visit(node.generators[0].iter)
        hidden = {name for generator in node.generators for name in stored_names(generator.target)}
        self._inside(hidden, ast.iter_child_nodes(node))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815


class CodeWords:
    """The names, attributes, keywords and texts of a program; not its comments."""

    def __init__(self, tree: ast.AST) -> None:
        self._names: set[str] = set()
        self._texts: list[str] = []
        self._files: set[str] = set()
        for node in ast.walk(tree):
            self._take(node)

    def _take(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self._names.add(_plain(node.id))
        elif isinstance(node, ast.Attribute):
            self._names.add(_plain(node.attr))
        elif isinstance(node, (ast.keyword, ast.arg)) and node.arg:
            self._names.add(_plain(node.arg))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._texts.append(_plain(node.value))
        elif isinstance(node, ast.Call) and _LOADERS.fullmatch((dotted(node.func) or [""])[-1]):
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    stem = re.split(r"[/\\\\]", argument.value)[-1].partition(".")[0]
                    self._files.add(_plain(stem))

    def mention(self, name: str) -> bool:
        """Whether a name occurs, also in a text, in any case and with ``_`` or spaces."""
        plain = _plain(name)
        return plain in self._names or any(plain in text for text in self._texts)

    def names_file(self, name: str) -> bool:
        """Whether a file or data set of this name is read."""
        return _plain(name) in self._files


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text).strip().lower()
