"""What a program certainly reads if it runs to its end, and the names that nothing defines."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from graph_agent.prompts.code_cleaning import tree_of

__all__ = ["certain_nodes", "certain_parts", "undefined_names"]

_LATER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IN_NOTEBOOKS = {"display", "get_ipython", "In", "Out", "exit", "quit"}
_BUILT_IN = frozenset({*dir(builtins), *_IN_NOTEBOOKS})
_UNFORESEEN = {
    "globals", "locals", "vars", "exec", "eval", "compile", "setattr", "NameError", "SystemExit",
    "exit", "quit", "__builtins__", "builtins", "sys", "inspect", "importlib", "runpy",
    "get_ipython", "*",
}  # fmt: skip
"""With one of these a program may give names values unseen, or end early."""
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


def undefined_names(code: str, given: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each such name with the first line that reads it.

    Claims nothing about a program that may bind names unseen, and nothing about code that
    may not run: in functions, branches and handlers.
    """
    tree = tree_of(code)
    nodes = list(ast.walk(tree)) if tree is not None else []
    if tree is None or not _UNFORESEEN.isdisjoint(_named_in(nodes)):
        return
    known = {*given, *_BUILT_IN, *_unsure(nodes)}
    for statement in tree.body:
        for node in certain_nodes(ast.Module([statement], [])):
            if isinstance(node, ast.Name) and _is_undefined(node, known):
                known.add(node.id)  # once is enough
                yield node.id, node.lineno
        if isinstance(statement, ast.Raise):
            return
        known.update(_bound_by(statement))


def _is_undefined(name: ast.Name, known: set[str]) -> bool:
    """Whether nothing defines it; a notebook or the interpreter may: ``_1``, ``__file__``."""
    is_read = isinstance(name.ctx, ast.Load)
    return is_read and name.id not in known and not name.id.startswith("_")


def _named_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name


def _unsure(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield names that are bound or deleted out of order: by functions, ``del`` and ``:=``."""
    for node in nodes:
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.NamedExpr):
            yield node.target.id
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            yield node.id


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the module's names that a statement binds, also in its body."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif name := getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name", None):
        yield name  # of a function or class, an exception, or what a pattern matches
    if not isinstance(node, _LATER):
        for child in ast.iter_child_nodes(node):
            yield from _bound_by(child)
