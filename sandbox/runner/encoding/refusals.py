"""Why a value has no encoding, and what to send instead."""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Iterator
from typing import Any

from .naming import type_name, with_article

_BASES = (
    bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict,
)  # fmt: skip
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
)
_BY_NAME = {
    "polars.LazyFrame": "call .collect() on it",
    "builtins.memoryview": "make it bytes()",
    "matplotlib.Figure": "figures come back by themselves",
    "matplotlib.Axes": "figures come back by themselves",
    "seaborn.FacetGrid": "figures come back by themselves",
    "re.Pattern": "return its .pattern",
    "pandas.DataFrameGroupBy": "aggregate it first",
    "pandas.SeriesGroupBy": "aggregate it first",
}


def reason_for(value: object) -> str:
    """Say in one sentence why ``value`` stays in the sandbox."""
    name = type_name(value)
    hint = _hint(value, name)
    text = f"{with_article(name)} has no safe encoding"
    return f"{text}; {hint}" if hint else text


def _hint(value: object, name: str) -> str:
    kind = type(value)
    by_name = _BY_NAME.get(name) or _BY_NAME.get(f"builtins.{name}")
    if by_name:
        return by_name
    if isinstance(value, enum.Enum):
        return "return its .value"
    if isinstance(value, type):
        return "a class cannot leave the sandbox, return data made with it"
    if isinstance(value, types.ModuleType):
        return "a module cannot leave the sandbox"
    if isinstance(value, _FUNCTIONS):
        return "a function cannot leave the sandbox, return what it computes"
    if "__dataclass_fields__" in vars(kind):
        return "convert it with dataclasses.asdict()"
    if isinstance(value, BaseException):
        return "return its message, str(error)"
    return _base_hint(value) or _iterator_hint(value)


def _base_hint(value: object) -> str:
    for base in (*_BASES, *_library_bases()):
        if isinstance(value, base):
            return f"it is a subclass of {base.__name__}, convert it to a plain {base.__name__}"
    return ""


def _library_bases() -> Iterator[type[Any]]:
    for module, names in (("pandas", ("DataFrame", "Series", "Index")), ("numpy", ("ndarray",))):
        library = sys.modules.get(module)
        for name in names:
            base = getattr(library, name, None)
            if isinstance(base, type):
                yield base


def _iterator_hint(value: object) -> str:
    kind = type(value)
    if hasattr(kind, "__next__") or (kind.__module__ == "builtins" and hasattr(kind, "__iter__")):
        return "make it a list()"
    return ""
