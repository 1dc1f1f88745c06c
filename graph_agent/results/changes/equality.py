"""Whether values are the same, for values whose ``==`` may answer with anything or raise."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from graph_agent.results.changes.library_tables import Column, table_of
from graph_agent.summaries.parts import short_repr

_MAX_REPR_CHARS = 1_000
_MAX_DEPTH = 5


def same(old: object, new: object, depth: int = 0) -> bool:
    """Whether two values are equal; missing ones are equal to each other.

    ``depth``: how many containers these are in.
    """
    if old is new:
        return True
    if depth > _MAX_DEPTH:
        return False
    try:
        if isinstance(old, np.ndarray) or isinstance(new, np.ndarray):
            return bool(np.array_equal(old, new))  # type: ignore[arg-type]  # anything may be given
        if table_of(old) is not None:
            return type(old) is type(new) and bool(old.equals(new))  # type: ignore[attr-defined]  # a table
        return bool(old == new) or bool(old != old and new != new)
    except Exception:  # == of any class
        return _alike(old, new, depth + 1)


def _alike(old: Any, new: Any, depth: int) -> bool:
    """Compare what has no usable ``==``: containers item by item, others by how they look."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key], depth) for key in old)
    if isinstance(old, (list, tuple)):
        pairs = zip(old, new, strict=False)
        return len(old) == len(new) and all(same(a, b, depth) for a, b in pairs)
    return short_repr(old, _MAX_REPR_CHARS) == short_repr(new, _MAX_REPR_CHARS)


def differs(old: Column, new: Column) -> Any:
    """Mark the cells that differ, of two columns with the same number of cells."""
    missing = old.null & new.null
    kinds = {old.values.dtype.kind, new.values.dtype.kind}
    # A number never equals a time, and numpy wouldn't compare them.
    if kinds <= set("biufc") or (len(kinds) == 1 and kinds <= set("mM")):
        return (old.values != new.values) & ~missing
    before, now = _objects(old.values), _objects(new.values)
    with contextlib.suppress(Exception):  # == of any class
        equal = before == now
        if equal.dtype == bool and equal.shape == before.shape:
            return ~equal & ~missing
    pairs = zip(before, now, strict=True)
    unequal = np.fromiter((not same(a, b) for a, b in pairs), dtype=bool, count=len(missing))
    return unequal & ~missing


def _objects(values: Any) -> Any:
    # Times in nanoseconds would become integers.
    unit = {"M": "datetime64[us]", "m": "timedelta64[us]"}.get(values.dtype.kind)
    return (values if unit is None else values.astype(unit)).astype(object)
