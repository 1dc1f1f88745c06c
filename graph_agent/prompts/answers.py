"""Reads code out of a model's text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
USUAL_IMPORTS = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
}
_PYTHON = ("python", "py", "python3", "ipython", "")


def code_in(text: str) -> str:
    """Return the program in an answer: its longest fenced Python block.

    Text without a fence counts as code if all of it parses; otherwise there is
    none and the result is empty.
    """
    text = _THOUGHT.sub("", text.replace("\r\n", "\n"))
    blocks = [
        match["code"].strip("\n")
        for match in _FENCE.finditer(text)
        if match["language"].lower() in _PYTHON
    ]
    if blocks:
        return max(blocks, key=len).rstrip()
    bare = text.strip()
    return bare if "```" not in bare and _is_program(bare) else ""


def with_usual_imports(code: str, given: Iterable[str] = ()) -> str:
    """Add the import of np, pd, plt or sns where code uses one that nothing binds.

    Small models forget them more often than anything else. ``given``: the names
    of the user's variables.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    used: set[str] = set()
    bound = set(given)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    missing = [name for name in USUAL_IMPORTS if name in used and name not in bound]
    return "".join(f"import {USUAL_IMPORTS[name]} as {name}\n" for name in missing) + code


def _is_program(text: str) -> bool:
    """Whether text is Python rather than a word or two that happen to parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not _is_word(node) for node in tree.body)


def _is_word(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Constant))
