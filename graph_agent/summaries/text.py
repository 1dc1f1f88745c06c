"""Short, safe text from any value: bounded in length, and never raising."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

__all__ = ["class_name", "clean", "clip", "count", "fit", "listing", "short_repr", "type_name"]

_MAX_INT_BITS = 1_000  # str() of an int beyond 4,300 digits raises
_MAX_ITEMS = 6
_TABLE_LIBRARIES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "jax", "jaxlib", "xarray", "dask"}
)


def class_name(cls: type) -> str:
    """Name a class as a user would import it: ``pandas.DataFrame``, ``int``."""
    # Past a metaclass that might interfere.
    module = type.__getattribute__(cls, "__module__")
    name = type.__getattribute__(cls, "__qualname__")
    if not isinstance(module, str) or module == "builtins":
        return str(name)
    root = module.partition(".")[0]
    public = vars(sys.modules[root]) if root in sys.modules else {}
    return f"{root if public.get(name) is cls else module}.{name}"


def type_name(value: object) -> str:
    """Name a value's class; a ``__class__`` that lies is not asked."""
    return class_name(type(value))


def clip(text: str, max_chars: int) -> str:
    """Cut a text to ``max_chars``, the last of which then is an ellipsis."""
    return text if len(text) <= max_chars else text[: max(0, max_chars - 1)] + "…"


def count(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 row``, ``1,000 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listing(items: Iterable[str], limit: int, *, total: int | None = None) -> str:
    """Join the first ``limit`` items and say how many are left out."""
    shown = list(items)
    total = len(shown) if total is None else total
    shown = shown[:limit]
    rest = total - len(shown)
    return ", ".join(shown) + (f", … {rest:,} more" if rest > 0 else "")


def fit(lines: Sequence[str], max_chars: int) -> str:
    """Join as many lines as there is room for and say how many are left out."""
    text = "\n".join(lines)
    if len(text) <= max_chars:
        return text
    note = f"\n… {len(lines):,} more lines left out"  # at least as long as the final one
    kept, used = 1, min(len(lines[0]), max_chars)
    while kept < len(lines) and used + 1 + len(lines[kept]) <= max_chars - len(note):
        used += 1 + len(lines[kept])
        kept += 1
    if kept == len(lines):
        return clip(text, max_chars)
    note = f"\n… {count(len(lines) - kept, 'more line')} left out"
    return clip(clip("\n".join(lines[:kept]), max_chars - len(note)) + note, max_chars)


def clean(text: str) -> str:
    """Escape what cannot be printed, lone surrogates and terminal codes among it."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def short_repr(value: object, max_chars: int = 60) -> str:
    """Give a value's repr, bounded; one that raises is described instead."""
    try:
        return clip(_repr(value, max_chars, depth=2), max_chars)
    except (Exception, SystemExit) as exc:  # a repr may raise anything
        return f"<{type_name(value)}: its repr raised {type(exc).__name__}>"


def _repr(value: object, max_chars: int, depth: int) -> str:
    kind = type(value)
    # Through the base class: no overridden method runs, nothing long is copied.
    sliceables: tuple[Any, ...] = (str, bytes, bytearray)
    for sliceable in sliceables:
        if issubclass(kind, sliceable):
            part = sliceable.__getitem__(value, slice(0, max_chars))
            more = sliceable.__len__(value) > max_chars
            return repr(part) + ("…" if more else "")
    if issubclass(kind, int) and int.bit_length(value) > _MAX_INT_BITS:  # type: ignore[arg-type]  # issubclass
        return f"<int of {int.bit_length(value):,} bits>"  # type: ignore[arg-type]  # issubclass
    for container in (list, tuple, set, frozenset, dict):
        if kind is container:
            return _items_repr(value, max_chars, depth)
    root = str(type.__getattribute__(kind, "__module__")).partition(".")[0]
    if root in _TABLE_LIBRARIES:
        if hasattr(kind, "__len__") and hasattr(kind, "__getitem__") and root != "numpy":
            return f"<{class_name(kind)}>"
        if root == "numpy":
            return _numpy_repr(value, max_chars, depth)
    return repr(value)


def _numpy_repr(value: object, max_chars: int, depth: int) -> str:
    import numpy as np

    if isinstance(value, np.ndarray):
        return f"<{type_name(value)} {value.dtype} {value.shape}>"
    if isinstance(value, np.generic) and not isinstance(value, np.void):
        plain = value.item()
        if not isinstance(plain, np.generic):  # longdouble stays what it is
            # A datetime64 of nanoseconds comes back as an int.
            return str(value) if value.dtype.kind in "mM" else _repr(plain, max_chars, depth)
    return repr(value)


def _items_repr(value: Any, max_chars: int, depth: int) -> str:
    """Give the repr of an exact builtin container, without reading all of it."""
    if depth == 0:
        return f"<{type_name(value)} of {len(value):,}>"

    def inner(item: object) -> str:
        return clip(_repr(item, max_chars, depth - 1), max_chars)

    if isinstance(value, dict):
        parts = [f"{inner(k)}: {inner(v)}" for k, v in islice(value.items(), _MAX_ITEMS)]
        opening, closing = "{", "}"
    else:
        parts = [inner(item) for item in islice(value, _MAX_ITEMS)]
        opening, closing = "[]" if type(value) is list else "()" if type(value) is tuple else "{}"
    if len(value) > _MAX_ITEMS:
        parts.append("…")
    elif type(value) is tuple and len(value) == 1:
        parts.append("")
    return opening + ", ".join(parts).rstrip(" ") + closing
