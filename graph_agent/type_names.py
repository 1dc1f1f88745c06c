"""Types by name, for the command line and the files of suites."""

from __future__ import annotations

import builtins
import importlib
import re
from typing import Any

from graph_agent.errors import RequestError

__all__ = ["TYPES", "type_named"]

TYPES = ("bool", "int", "float", "str", "list", "dict", "DataFrame", "Series", "ndarray")
"""The names of types; a list may say what it contains, as in ``list[float]``."""
_LIST = re.compile(r"list\[(.+)\]")


def type_named(name: str) -> Any:
    """Return the type that a name stands for; an empty name stands for any type.

    Raises:
        RequestError: no type has this name.
    """
    if not name:
        return Any
    items = _LIST.fullmatch(name)
    if items is not None:
        return list[type_named(items[1])]  # type: ignore[misc]  # a type at run time
    if name not in TYPES:
        raise RequestError(
            f"{name!r} is no type of a result; use one of {', '.join(TYPES)}, or a list of one"
            " such as list[float]"
        )
    if hasattr(builtins, name):
        return getattr(builtins, name)
    return getattr(importlib.import_module("numpy" if name == "ndarray" else "pandas"), name)
