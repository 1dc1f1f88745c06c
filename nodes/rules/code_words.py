"""The words of a program and of a request, to see which names they mention."""

from __future__ import annotations

import ast
import re

from nodes.rules.reads import dotted

__all__ = ["CodeWords", "is_telling", "named_in"]

_LOADERS = re.compile(r"(?:read|scan)_\w+|load\w*|fetch_\w+|open|genfromtxt")
_NOT_A_WORD = re.compile(r"[\W_]+")


class CodeWords:
    """What a program's names, attributes, keywords and texts say; comments left out."""

    def __init__(self, tree: ast.AST) -> None:
        self._names: set[str] = set()
        self._texts: list[str] = []
        self._files: set[str] = set()
        for node in ast.walk(tree):
            self._take(node)

    def _take(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self._names.add(_plain(node.id))
        elif isinstance(node, ast.Attribute):
            self._names.add(_plain(node.attr))
        elif isinstance(node, (ast.keyword, ast.arg)) and node.arg:
            self._names.add(_plain(node.arg))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._texts.append(_plain(node.value))
        elif isinstance(node, ast.Call) and _LOADERS.fullmatch((dotted(node.func) or [""])[-1]):
            for one in node.args:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    stem = re.split(r"[/\\\\]", one.value)[-1].partition(".")[0]
                    self._files.add(_plain(stem))

    def mention(self, name: str) -> bool:
        """Whether a name occurs, in any case, with ``_`` and spaces alike, also inside a text."""
        plain = _plain(name)
        return plain in self._names or any(plain in text for text in self._texts)

    def names_file(self, name: str) -> bool:
        """Whether a file or data set of this name is read."""
        return _plain(name) in self._files


def is_telling(name: str) -> bool:
    """Whether a name is no ordinary word: ``total_bill``, ``totalBill``, ``x1``."""
    return bool(re.search(r"\w[\W_]+\w|[a-z][A-Z]|[A-Za-z]\d", name))


def named_in(request: str, name: str) -> bool:
    """Whether a request names something, as a word, with ``_`` and spaces alike."""
    words = [re.escape(one) for one in _NOT_A_WORD.split(name) if one]
    pattern = r"[\W_]{1,2}".join(words)
    return bool(words) and bool(re.search(rf"(?<!\w){pattern}(?!\w)", request, re.IGNORECASE))


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text).strip().lower()
