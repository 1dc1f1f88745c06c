"""Names that a program certainly reads before anything gives them a value."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from graph_agent.prompts.code_cleaning import tree_of
from nodes.rules.certain_reads import certain_nodes

__all__ = ["undefined_names"]

_IN_NOTEBOOKS = {"display", "get_ipython", "In", "Out", "exit", "quit"}
_UNFORESEEN = {
    "globals", "locals", "vars", "exec", "eval", "compile", "setattr", "NameError", "SystemExit",
    "exit", "quit", "__builtins__", "builtins", "sys", "inspect", "importlib", "runpy",
    "get_ipython",
}  # fmt: skip
"""With one of these a program may give names values unseen, or end early."""


def undefined_names(code: str, given: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each such name with the first line that reads it.

    Claims nothing about a program that may bind names unseen, and nothing about code that
    may not run: in functions, branches and handlers.
    """
    tree = tree_of(code)
    if tree is None or _may_bind_unseen(tree):
        return
    certain = {
        (node.lineno, node.col_offset): node.id
        for node in certain_nodes(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    known, unsure = {*given, *dir(builtins), *_IN_NOTEBOOKS}, _deleted(tree)
    bound = _bound_at(tree)
    if all(name in known or bound.get(name, line) < line for (line, _), name in certain.items()):
        return  # as in most programs: pyflakes takes much longer than this
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
