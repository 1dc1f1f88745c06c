"""The parts of a program that certainly run if it runs to its end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["certain_nodes", "certain_parts"]

_LATER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def certain_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of expressions that run whatever the data is, in order.

    Statements in branches, loops, handlers, functions and classes don't count, nor does what
    follows a statement that may leave the program early.
    """
    for statement in tree.body:
        if isinstance(statement, ast.Raise):
            return
        for part in certain_parts(statement):
            yield from _evaluated(part)


def certain_parts(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of one statement that are evaluated first, without its body."""
    if isinstance(statement, (ast.If, ast.While)):
        return [statement.test]
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return [statement.iter]
    if isinstance(statement, ast.AnnAssign):
        return [part for part in (statement.value, statement.target) if part is not None]
    if isinstance(statement, (ast.Assign, ast.AugAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [statement.value, *targets]
    if isinstance(statement, ast.Expr):
        return [statement.value]
    if isinstance(statement, ast.Assert):
        return [statement.test]
    return []


def _evaluated(node: ast.expr) -> Iterator[ast.AST]:
    """Yield an expression's nodes, without operands and bodies that may be skipped."""
    if isinstance(node, _LATER):
        return
    yield node
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.BoolOp):
        children = [node.values[0]]
    elif isinstance(node, ast.IfExp):
        children = [node.test]
    elif isinstance(node, ast.Compare):
        children = [node.left, node.comparators[0]]
    elif isinstance(node, _COMPREHENSIONS):
        children = [node.generators[0].iter]
    for child in children:
        part = child.value if isinstance(child, ast.keyword) else child
        if isinstance(part, ast.expr):
            yield from _evaluated(part)
