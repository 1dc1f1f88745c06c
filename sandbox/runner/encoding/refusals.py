"""Explains why a value has no encoding, and what to send instead."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

from ..shared.naming import type_name, with_article

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
    "matplotlib.Figure": "figures come back on their own",
    "matplotlib.Axes": "figures come back on their own",
    "seaborn.FacetGrid": "figures come back on their own",
    "re.Pattern": "return its .pattern",
    "re.Match": "return its .group(), .groups() or .groupdict()",
    "numpy.poly1d": "return its .coeffs",
    "numpy.Polynomial": "return its .coef",
    "pandas.DataFrameGroupBy": "aggregate it first",
    "pandas.SeriesGroupBy": "aggregate it first",
}

_FITTED = (
    "coef_", "intercept_", "feature_importances_", "cluster_centers_", "labels_", "components_",
    "explained_variance_ratio_", "best_params_", "best_score_", "classes_",
)  # fmt: skip


def reason_for(value: object) -> str:
    """Return one sentence on why ``value`` cannot leave the sandbox."""
    name = type_name(value)
    hint = _hint(value, name)
    text = f"{with_article(name)} has no safe encoding"
    return f"{text}; {hint}" if hint else text


def _hint(value: object, name: str) -> str:
    by_name = _BY_NAME.get(name) or _BY_NAME.get(f"builtins.{name}")
    if by_name:
        return by_name
    if isinstance(value, type):
        return "a class cannot leave the sandbox, return data made with it"
    if isinstance(value, types.ModuleType):
        return "a module cannot leave the sandbox"
    if isinstance(value, _FUNCTIONS):
        return "a function cannot leave the sandbox, return what it computes"
    if isinstance(value, BaseException):
        return "return its message, str(error)"
    return _base_hint(value) or _iterator_hint(value) or _data_hint(value, name)


def _data_hint(value: object, name: str) -> str:
    """Name what a model or another object holds that can be returned."""
    kind = type(value)
    if name.startswith("statsmodels.") and hasattr(value, "summary"):
        return "return its numbers, such as its .params and .pvalues, or str(… .summary())"
    if hasattr(kind, "get_params") and hasattr(kind, "fit"):
        held = [name for name in _FITTED if name in getattr(value, "__dict__", {})]
        listed = ", ".join(f".{attribute}" for attribute in held[:3])
        return f"return {f'its {listed}, ' if held else ''}what it predicts, or its score"
    if name.startswith("scipy.") and callable(value):
        return "return the values it gives at the points you need"
    try:  # not getattr: some objects answer for another one
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ""
    public = [name for name in own if not name.startswith("_")]
    if public:
        listed = ", ".join(f".{attribute}" for attribute in public[:3])
        return f"return the data it holds, such as its {listed}, or vars() of it"
    return ""


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
