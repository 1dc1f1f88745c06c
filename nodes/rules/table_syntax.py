"""How a program uses tables: which parts of its syntax read, change, select or name columns."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = [
    "bound_in",
    "constants_in",
    "is_mask",
    "key_parts",
    "may_change",
    "names_in",
    "safe_children",
]

_READERS = {"print", "len", "list", "set", "sorted", "type", "isinstance", "str", "repr", "display"}
_LIBRARIES = {"pd", "np", "plt", "sns", "px", "pandas", "numpy", "stats"}
"""What may be given a table without changing its columns."""
_CHANGERS = {"insert", "pop", "pipe", "update", "eval", "isetitem", "set_flags", "__setitem__"}


def safe_children(node: ast.AST) -> list[ast.expr]:
    """Return the parts of a node that it only reads."""
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return [node.value]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and _only_reads(node.func):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []


def _only_reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _READERS
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in _LIBRARIES


def may_change(call: ast.Call) -> bool:
    """Whether a method may change the columns of its own table."""
    if not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr in _CHANGERS or any(
        keyword.arg in ("inplace", None) for keyword in call.keywords
    )


def constants_in(key: ast.expr) -> list[ast.Constant]:
    """Return the column names that a key spells out; none if it isn't only such names."""
    parts = key.elts if isinstance(key, ast.List) else [key]
    constants = [part for part in parts if isinstance(part, ast.Constant)]
    is_all = all(isinstance(constant.value, str) for constant in constants)
    return constants if is_all and len(constants) == len(parts) else []


def names_in(key: ast.expr) -> list[str] | None:
    """Return the names of :func:`constants_in`; None if the key isn't only such names."""
    return [str(constant.value) for constant in constants_in(key)] or None


def key_parts(key: ast.expr) -> list[ast.expr]:
    """Split the key of a subscript: rows and columns, or only one of them."""
    return key.elts if isinstance(key, ast.Tuple) else [key]


def is_mask(key: ast.expr) -> bool:
    """Whether a key surely selects rows."""
    if isinstance(key, ast.UnaryOp):
        return isinstance(key.op, ast.Invert)
    if isinstance(key, ast.BinOp):
        return isinstance(key.op, (ast.BitAnd, ast.BitOr)) and is_mask(key.left)
    return isinstance(key, ast.Compare)


def bound_in(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds or deletes, also in its body."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
