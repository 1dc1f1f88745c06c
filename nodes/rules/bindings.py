"""What is known about a program's names at one point of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nodes.rules.made_up import MadeUp, made_up
from nodes.rules.program_names import dotted, reads

__all__ = ["Bindings", "Loss", "Value"]


class Loss(NamedTuple):
    """Where and how a given variable was overwritten before its value was used."""

    line: int
    by: MadeUp


class Value(NamedTuple):
    """Where an expression's value comes from."""

    kind: Literal["given", "made", "constant", "other"]
    by: MadeUp | None = None


@dataclass
class Bindings:
    """Which names hold given data, and which made-up data.

    ``given``: the variables watched; True for a single value, False for a collection.
    ``lost``: those that made-up data overwrote before they were used.
    """

    given: dict[str, bool]
    request: str
    derived: set[str] = field(default_factory=set)
    made: dict[str, MadeUp] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    lost: dict[str, Loss] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    guarded: frozenset[str] = frozenset()
    functions: dict[str, ast.AST] = field(default_factory=dict)
    only: frozenset[str] | None = None  # inside a function: what it declares global
    entered: set[str] = field(default_factory=set)

    def visit(self, statements: Iterable[ast.stmt]) -> None:
        """Go through statements in order."""
        raise NotImplementedError

    def bind(self, name: str, value: Value, line: int | None) -> None:
        """Bind a name; without a ``line`` nothing counts as lost by it."""
        if self.only is not None and name not in self.only:
            name = f"{name} of a function"
        self.assigned.add(name)
        self.made.pop(name, None)
        if value.kind == "given":
            self.derived.add(name)
            return
        if value.by is not None and value.kind == "made":
            self.made[name] = value.by
        watched = name in self.given and name not in self.used | self.guarded
        fits = value.kind == "made" or (value.kind == "constant" and self.given.get(name))
        if watched and fits and value.by is not None and line is not None:
            self.lost.setdefault(name, Loss(line, value.by))
        if name not in self.guarded:
            self.derived.discard(name)

    def lose(self, name: str, loss: Loss) -> None:
        """Note that a given variable was overwritten."""
        self.lost[name] = loss
        self.derived.discard(name)
        self.made[name] = loss.by

    def evaluate(self, node: ast.expr, *, used: bool = True, into: str = "") -> Value:
        """Return where a value comes from; note what evaluating it uses and binds."""
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr) and isinstance(part.target, ast.Name):
                inner = self._value(part.value, self._reached(reads(part.value)))
                self.bind(part.target.id, inner, part.lineno)
        names = self._reached(reads(node))
        value = self._value(node, names)
        if used:
            self.used |= (names & self.given.keys() & self.derived) - {into}
        if value.kind == "given":
            self._spread(node)
        return value

    def _value(self, node: ast.expr, names: set[str]) -> Value:
        if names & self.derived:
            return Value("given")
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, complex, str)):
            known = made_up(ast.List(elts=[node], ctx=ast.Load()), self.request)
            return Value("constant", known)
        found = made_up(node, self.request)
        called = [self.functions[name] for name in names if name in self.functions]
        found = found or next(filter(None, (self.made.get(name) for name in sorted(names))), None)
        found = found or next(
            filter(None, (_made_inside(function, self.request) for function in called)), None
        )
        return Value("other") if found is None else Value("made", found)

    def _reached(self, names: set[str]) -> set[str]:
        """Add what the functions among ``names`` read, and enter those that bind globals."""
        pending, reached = list(names), set(names)
        while pending:
            name = pending.pop()
            function = self.functions.get(name)
            if function is None:
                continue
            self._enter(name, function)
            more = reads(function) - reached
            reached |= more
            pending += more
        return reached

    def _enter(self, name: str, function: ast.AST) -> None:
        if name in self.entered or not isinstance(function, ast.FunctionDef):
            return
        self.entered.add(name)
        declared = {
            name
            for node in ast.walk(function)
            if isinstance(node, ast.Global)
            for name in node.names
        }
        if not declared & self.given.keys():
            return
        inside = copy.copy(self)
        inside.only = frozenset(declared)
        inside.visit(function.body)

    def _spread(self, node: ast.AST) -> None:
        """Note that the other objects in a call with given data may hold some of it afterwards."""
        for call in ast.walk(node):
            if not isinstance(call, ast.Call):
                continue
            near = [*call.args, *(keyword.value for keyword in call.keywords)]
            names = {argument.id for argument in near if isinstance(argument, ast.Name)}
            names.update(dotted(call.func)[:1])
            new = (names & self.assigned) - self.derived
            if new and reads(call) & self.derived:
                self.derived |= new


def _made_inside(function: ast.AST, request: str) -> MadeUp | None:
    """Return how a function's result is made up, judged by the calls in it."""
    for node in ast.walk(function):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.Return)) and isinstance(value, ast.Call):
            found = made_up(value, request)
            if found is not None:
                return found
    return None
