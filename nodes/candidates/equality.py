"""Whether two programs gave the same answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any

__all__ = ["asks_for_order", "same_answer"]

RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_TOLERANCE = 1e-9
MAX_CELLS = 1_000_000
"""Larger answers are only compared by their shapes and first cells."""
_ORDER = re.compile(
    r"\b(?:sort\w*|order(?:ed)? by|in order|rank\w*|ascending|descending|chronolog\w+|alphabetic\w+"
    r"|top|first|last|largest|smallest|highest|lowest|reversed?)\b",
    re.IGNORECASE,
)


def asks_for_order(request: str) -> bool:
    """Whether the words of a request make the order of its answer matter."""
    return _ORDER.search(request) is not None


def same_answer(first: object, second: object, *, ordered: bool) -> bool:
    """Compare two answers: numbers within a tolerance, tables by their cells.

    ``ordered``: the order of rows and items matters. Never raises; answers that can't be
    compared differ.
    """
    try:
        return _same(_plain(first, ordered), _plain(second, ordered))
    except Exception:  # any type may come back, and its comparison may do anything
        return False


def _plain(value: Any, ordered: bool) -> Any:
    """Reduce a value to numbers, texts and nested tuples that are comparable by position."""
    if hasattr(value, "to_pandas") and not isinstance(value, type):  # Arrow, Polars
        value = value.to_pandas()
    kind = type(value).__name__
    if kind == "DataFrame":
        return _table(value, ordered)
    length = len(value) if hasattr(value, "__len__") and getattr(value, "ndim", None) != 0 else 0
    if length > MAX_CELLS:  # a range may claim any length; dicts and sets of this size differ
        return (length, _plain((value.iloc if kind == "Series" else value)[:MAX_CELLS], ordered))
    if kind == "Series" and str(value.index.dtype) not in ("int64", "uint64"):
        return ("items", _arranged(value.items(), ordered))
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        named = ((str(key), _plain(item, ordered)) for key, item in value.items())
        return ("mapping", tuple(sorted(named, key=lambda pair: pair[0])))
    if isinstance(value, (set, frozenset)):
        return ("items", _arranged(value, ordered=False))
    if isinstance(value, (list, tuple)):
        return ("items", _arranged(value, ordered))
    return value.strip() if isinstance(value, str) else value


def _table(frame: Any, ordered: bool) -> Any:
    """Take columns by name, and rows with their index where it holds names."""
    if str(frame.index.dtype) not in ("int64", "uint64"):
        frame = frame.reset_index()
    columns = sorted(frame.columns, key=str)
    sample = frame[columns].head(MAX_CELLS // max(1, len(columns)))
    rows = _arranged(sample.itertuples(index=False, name=None), ordered)
    return ("table", tuple(map(str, columns)), len(frame), rows)


def _arranged(items: Iterable[Any], ordered: bool) -> tuple[Any, ...]:
    plain = [_plain(item, ordered) for item in items]
    return tuple(plain if ordered else sorted(plain, key=_sort_key))


def _sort_key(value: Any) -> str:
    """Sort by a rounded form, so that numbers within the tolerance end up side by side."""
    if isinstance(value, tuple):
        return "(" + ",".join(map(_sort_key, value))
    if isinstance(value, Number) and not isinstance(value, complex):
        return f"{float(value):+.5e}"  # type: ignore[arg-type]  # every other number has a float
    return str(value)


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return type(first) is type(second) and first == second
    if isinstance(first, int) and isinstance(second, int):
        return first == second
    if isinstance(first, Number) and isinstance(second, Number):
        return _close(first, second)
    if _is_missing(first) and _is_missing(second):
        return True
    return bool(type(first) is type(second) and first == second)


def _close(first: Any, second: Any) -> bool:
    if first != first or second != second:  # NaN
        return bool(first != first and second != second)
    return math.isclose(first, second, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType")
