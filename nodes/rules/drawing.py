"""Whether a program draws in any case, or only under a condition or in a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nodes.rules.program_names import dotted

__all__ = ["draws_sometimes"]

_LIBRARIES = {"plt", "sns", "px", "go", "ax", "axes", "axs", "fig"}
_DRAW_NOTHING = {
    "close", "figure", "rc", "rcdefaults", "set", "set_context", "set_palette", "set_style",
    "set_theme", "show", "style", "subplots", "suptitle", "switch_backend", "tight_layout", "use",
}  # fmt: skip
_MAY_NOT_RUN = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp)


def draws_sometimes(tree: ast.AST) -> bool:
    """Whether all that draws in a program is inside an ``if`` or a loop, and there is some."""
    found = list(_drawing(tree, certain=True))
    return bool(found) and not any(found)


def _drawing(node: ast.AST, *, certain: bool) -> Iterator[bool]:
    """Yield, for each call that draws, whether no condition stands before it."""
    if isinstance(node, ast.Call) and _draws(node):
        yield certain
    inside = certain and not isinstance(node, _MAY_NOT_RUN)
    for child in ast.iter_child_nodes(node):
        yield from _drawing(child, certain=inside)


def _draws(call: ast.Call) -> bool:
    root, *rest = dotted(call.func) or [""]
    if not rest or _DRAW_NOTHING.intersection(rest):
        return False
    return root in _LIBRARIES or "plot" in rest or rest[-1] in ("hist", "boxplot")
