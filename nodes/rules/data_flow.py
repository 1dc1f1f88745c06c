"""Follows the given variables through a program, statement by statement."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Sequence

from nodes.rules.bindings import Bindings, Value
from nodes.rules.made_up import made_up
from nodes.rules.program_names import dotted, reads, stored_names

__all__ = ["DataFlow"]

_LOOKING = {
    "head", "tail", "sample", "info", "describe", "shape", "columns", "dtypes", "dtype", "index",
    "size", "ndim", "schema", "glimpse", "isna", "isnull",
}  # fmt: skip


class DataFlow(Bindings):
    """The bindings after the statements visited so far."""

    def visit(self, statements: Iterable[ast.stmt]) -> None:
        """Go through statements in order."""
        for statement in statements:
            method = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if method is not None:
                method(statement)
            else:
                self._expressions(statement)

    # Branches

    def _branch(self, statements: Sequence[ast.stmt], guarded: Iterable[str] = ()) -> DataFlow:
        branch = copy.copy(self)
        for name in ("derived", "made", "used", "lost", "assigned"):
            setattr(branch, name, copy.copy(getattr(self, name)))
        branch.guarded = self.guarded.union(guarded)
        branch.visit(statements)
        return branch

    def _join(self, branches: Sequence[DataFlow]) -> None:
        """Continue with what any of the branches did; only what all of them lose is lost."""
        for branch in branches:
            self.derived |= branch.derived
            self.made |= branch.made
            self.used |= branch.used
            self.assigned |= branch.assigned
        every = set(branches[0].lost).intersection(*(branch.lost for branch in branches[1:]))
        for name in every - set(self.lost):
            self.lose(name, branches[0].lost[name])

    def _if(self, node: ast.If) -> None:
        if _is_main(node.test) or (isinstance(node.test, ast.Constant) and node.test.value):
            self.visit(node.body)
            return
        self.evaluate(node.test)
        # Replacing the tested variable has a reason: it is None, empty, or not defined.
        tested = reads(node.test)
        self._join([self._branch(node.body, tested), self._branch(node.orelse, tested)])

    def _try(self, node: ast.Try) -> None:
        before = set(self.lost)
        whole = self._branch(node.body)
        broken = [self._branch(handler.body) for handler in node.handlers]
        handled = [
            branch
            for branch, handler in zip(broken, node.handlers, strict=True)
            if not _leaves(handler.body)
        ]
        fails = _may_fail(node.body, self.request)
        lost = dict(whole.lost)
        for name in set(whole.lost) - before:
            # The file doesn't exist in the sandbox: only what the handler does counts.
            if whole.lost[name].by.may_fail and any(name not in branch.lost for branch in handled):
                del lost[name]
        if fails and handled:
            lost |= {k: v for branch in handled for k, v in branch.lost.items() if k not in before}
        for branch in [whole, *handled]:
            branch.lost = lost
        self._join([whole, *handled])
        self.visit(node.orelse)
        self.visit(node.finalbody)

    _trystar = _try

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        value = self.evaluate(node.iter)
        self._bind_all(stored_names(node.target), value)
        self.visit(node.body)
        self.visit(node.orelse)

    _asyncfor = _for

    def _while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self.visit(node.body)
        self.visit(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self._bind_all(stored_names(item.optional_vars), value)
        self.visit(node.body)

    _asyncwith = _with

    def _match(self, node: ast.Match) -> None:
        value = self.evaluate(node.subject)
        for case in node.cases:
            self._bind_all(stored_names(case.pattern), value)
        self._join([self._branch(case.body) for case in node.cases] + [self._branch([])])

    # Names

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.functions[node.name] = node
        self.derived.discard(node.name)

    _asyncfunctiondef = _classdef = _functiondef

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.derived.discard((alias.asname or alias.name).partition(".")[0])

    _importfrom = _import

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.derived.discard(target.id)

    def _expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value, used=not _only_looks(node.value, self.given))

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign_to(target, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign_to(node.target, node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        value = self.evaluate(node.value)
        root = dotted(node.target)[:1]
        if value.kind == "given":
            self.derived.update(root)

    def _expressions(self, statement: ast.stmt) -> None:
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.expr):
                self.evaluate(part)

    def _assign_to(self, target: ast.expr, source: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(source, (ast.Tuple, ast.List)):
            plain = not any(
                isinstance(element, ast.Starred) for element in [*target.elts, *source.elts]
            )
            if plain and len(target.elts) == len(source.elts):
                for element, part in zip(target.elts, source.elts, strict=True):
                    self._assign_to(element, part)
                return
        if isinstance(target, ast.Name):
            self.bind(target.id, self.evaluate(source, into=target.id), source.lineno)
            return
        value = self.evaluate(source)
        if isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
            for name in stored_names(target):
                self.bind(name, value, source.lineno)
        elif value.kind == "given":  # an attribute or item of something
            self.derived.update(self.assigned.intersection(dotted(target)[:1]))

    def _bind_all(self, names: Iterable[str], value: Value) -> None:
        """Bind loop variables and the like; this loses nothing."""
        for name in names:
            self.bind(name, value, None)


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and dotted(test.left) == ["__name__"]


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a handler ends the program."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    return isinstance(last, ast.Expr) and dotted(last.value)[-1:] in (["exit"], ["quit"], ["_exit"])


def _may_fail(body: Sequence[ast.stmt], request: str) -> bool:
    found = (made_up(statement, request) for statement in body)
    return any(made is not None and made.may_fail for made in found)


def _only_looks(node: ast.expr, given: Iterable[str]) -> bool:
    """Whether a statement only shows a given variable, without working with it."""
    outermost = dotted(node)
    shows = not isinstance(node, ast.Call) or outermost[:1] in (["print"], ["display"])
    if not shows and not set(outermost[1:]) <= _LOOKING:
        return False
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.value, ast.Name):
            looked = isinstance(part, ast.Attribute) and part.attr in _LOOKING
            if part.value.id in given and not looked:
                return False
    return True
