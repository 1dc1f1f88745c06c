"""Reads code out of a model's text."""

from __future__ import annotations

import ast
import re

_THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
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


def _is_program(text: str) -> bool:
    """Whether text is Python rather than a word or two that happen to parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not _is_word(node) for node in tree.body)


def _is_word(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Constant))
