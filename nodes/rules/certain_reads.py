"""What a program certainly evaluates if it runs to its end, and the undefined names in that."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from graph_agent.prompts.code_cleaning import tree_of

__all__ = ["certain_nodes", "certain_parts", "undefined_names"]

_IN_NOTEBOOKS = {"display", "get_ipython", "In", "Out", "exit", "quit"}
_KNOWN = frozenset([*dir(builtins), *_IN_NOTEBOOKS])
_UNFORESEEN = {
    "globals", "locals", "vars", "exec", "eval", "compile", "setattr", "NameError", "SystemExit",
    "exit", "quit", "__builtins__", "builtins", "sys", "inspect", "importlib", "runpy",
    "get_ipython",
}  # fmt: skip
"""With one of these a program may give names values unseen, or end early."""

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


def undefined_names(code: str, given: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each name that is certainly read before it has a value, with the first such line.

    Claims nothing about a program that may bind names unseen, and nothing about code that
    may not run: in functions, branches and handlers.
    """
    tree = tree_of(code)
    if tree is None:
        return
    certain = {
        (node.lineno, node.col_offset): node.id
        for node in certain_nodes(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    known, bound = _KNOWN.union(given), _bound_at(tree)
    if all(name in known or bound.get(name, line) < line for (line, _), name in certain.items()):
        return  # as in most programs: what follows takes much longer than this
    if _may_bind_unseen(tree):
        return
    unsure = _deleted(tree)
    for name, line, column in _reported(code, known):
        if certain.get((line, column)) == name and name not in unsure and not _is_magic(name):
            unsure.add(name)  # once is enough
            yield name, line


def _reported(code: str, known: Iterable[str]) -> list[tuple[str, int, int]]:
    from pyflakes.checker import Checker
    from pyflakes.messages import UndefinedName

    try:
        tree = ast.parse(code)  # of its own: pyflakes writes into it
        # It binds each built-in name anew, which takes most of its time: give it those in use.
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        few = type("Checker", (Checker,), {"builtIns": used.intersection(known)})
        checker = few(tree)
    except (RecursionError, MemoryError, AttributeError, TypeError):  # new syntax
        return []
    named = [message for message in checker.messages if isinstance(message, UndefinedName)]
    return [(str(each.message_args[0]), each.lineno, each.col) for each in named]


def _may_bind_unseen(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _UNFORESEEN:
            return True
        if isinstance(node, ast.alias) and node.name in ("*", *_UNFORESEEN):
            return True
    return False


def _bound_at(tree: ast.Module) -> dict[str, int]:
    """Return the last line of the first plain assignment or import of each name."""
    bound: dict[str, int] = {}
    for statement in tree.body:
        names: list[str] = []
        if isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            names = [(a.asname or a.name).partition(".")[0] for a in statement.names]
        for name in names:
            bound.setdefault(name, statement.end_lineno or statement.lineno)
    return bound


def _deleted(tree: ast.Module) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)
    }


def _is_magic(name: str) -> bool:
    """Whether a notebook or the interpreter may know it: ``_``, ``_1``, ``__file__``."""
    return name.startswith("_")
