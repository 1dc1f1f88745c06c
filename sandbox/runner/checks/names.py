"""The checks' global names: their own, then the code's, then Python's."""

from __future__ import annotations

import ast
import builtins
import types
from typing import Any

from .borrower import Borrower
from .clean_imports import own_module
from .proxies import is_proxy

_ALIASES = {"np": "numpy", "pd": "pandas", "pl": "polars", "sp": "scipy", "pa": "pyarrow"}
_MISSING = object()


class Mentioned:
    """What the source of the checks mentions."""

    def __init__(self, source: str) -> None:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # running it will say so
            tree = ast.Module(body=[], type_ignores=[])
        nodes = list(ast.walk(tree))
        self.names = {node.id for node in nodes if isinstance(node, ast.Name)}
        self.imports = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes)
        self.attributes: dict[str, set[str]] = {}
        bases = set()
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                self.attributes.setdefault(node.value.id, set()).add(node.attr)
                bases.add(id(node.value))
        self.alone = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in bases}


class Names(dict[str, Any]):
    """Globals that ask the code's process for a name that the checks haven't bound."""

    def __init__(self, borrower: Borrower, mentioned: Mentioned, there: set[str]) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._borrower = borrower
        self._mentioned = mentioned
        self._there = there
        self._kept: dict[str, tuple[int, Any]] = {}
        own = {name for name in mentioned.names & there if name not in vars(builtins)}
        # "assert sum(1, 2) == 3" can only mean the code's, "abs(total - 3) < 1" Python's.
        self._shadows = not own and not mentioned.imports

    def fetch(self) -> None:
        """Get what the checks mention, before they call anything."""
        for name in sorted(self._mentioned.names & self._there):
            self.get(name)

    def kept(self, name: str) -> Any:
        """Return the value that was fetched of a name; None if none was."""
        return self._kept.get(name, (0, None))[1]

    def __missing__(self, name: str) -> Any:
        found = self._look_up(name)
        if found is _MISSING:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._there

    def get(self, name: str, default: Any = None) -> Any:
        """Return a name's value, or the default."""
        try:
            return self[name]
        except KeyError:
            return default

    def _look_up(self, name: str) -> Any:
        if name in vars(builtins) and not self._shadows:
            return _MISSING
        if name not in self._there and not self._borrower.calls:  # a call may have made it
            return _MISSING
        calls, value = self._kept.get(name, (-1, _MISSING))
        if calls == self._borrower.calls:
            return value
        state, found = self._borrower.variable(name, known=value is not _MISSING)
        if state == "missing":
            return _MISSING
        if state == "given":
            value = self._borrower.given.values.get(name, _MISSING)
        elif state == "value":
            value = self._library(name, found)
        self._kept[name] = self._borrower.calls, value
        return value

    def _library(self, name: str, found: Any) -> Any:
        """Take the real library where the code only has something by its name.

        A plain value counts: ``np`` may be a number.
        """
        wanted = self._mentioned.attributes.get(name)
        is_plain = not is_proxy(found) and not isinstance(found, types.ModuleType)
        if is_plain or not wanted or name in self._mentioned.alone:
            return found
        module = own_module(_ALIASES.get(name, name))
        has_all = module is not None and all(hasattr(module, name) for name in wanted)
        return module if has_all else found
