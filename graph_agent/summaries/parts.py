"""What all descriptions are made of: the records, the view, and short, safe text.

Texts are limited in length, and made without raising.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from graph_agent.records import PrivacyLevel
from sandbox.terminal_text import escape_control_chars

MIN_STATS_VALUES = 5
_MAX_INT_BITS = 1_000  # str() of an int beyond 4,300 digits raises
_MAX_ITEMS = 6
_TABLE_LIBRARIES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "jax", "jaxlib", "xarray", "dask"}
)


class VariableSummary(BaseModel):
    """What the model learns about one variable.

    ``type`` is the value's class, such as ``pandas.DataFrame``. ``text`` has one or more
    lines for the prompt and starts with the name. ``columns`` lists a table's column
    names: at most 2,000, and only printable strings of at most 200 characters. ``closed``:
    these are all names that its rows' cells have: no other column, no named index.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    text: str
    level: PrivacyLevel
    columns: list[str] = Field(default_factory=list)
    closed: bool = False


class Description(NamedTuple):
    """A value in one line, without its name; more lines about it; a table's columns.

    ``closed``: it has no other columns, and its index has no name.
    """

    headline: str
    lines: list[str]
    columns: Sequence[object] = ()
    closed: bool = False


@dataclass(frozen=True)
class View:
    """How closely to look at a value.

    ``schema`` allows types, shapes and names (of columns, attributes, parameters, and keys
    that are identifiers). ``stats`` adds counts per column, and minimum, maximum and mean
    of at least :data:`MIN_STATS_VALUES` numbers that aren't all equal. ``sample`` adds a
    few values. ``depth`` is how many other values contain this one.
    """

    level: PrivacyLevel
    max_chars: int
    recurse: Callable[[object, View], Description]
    depth: int = 0

    @property
    def stats(self) -> bool:
        """Whether aggregates may be shown."""
        return self.level != "schema"

    @property
    def sample(self) -> bool:
        """Whether values may be shown."""
        return self.level == "sample"

    def may_aggregate(self, n_values: int, n_unique: int) -> bool:
        """Whether minimum, maximum and mean of so many values may be shown.

        For few or equal values, they would reveal the values.
        """
        return self.sample or (self.stats and n_values >= MIN_STATS_VALUES and n_unique > 1)

    def inside(self, value: object) -> Description:
        """Describe a value contained in the one being described."""
        return self.recurse(value, replace(self, depth=self.depth + 1))


def class_name(cls: type) -> str:
    """Name a class as a user would import it: ``pandas.DataFrame``, ``int``."""
    # Not through the metaclass, which may do anything.
    module = type.__getattribute__(cls, "__module__")
    name = type.__getattribute__(cls, "__qualname__")
    if not isinstance(module, str) or module == "builtins":
        return str(name)
    root = module.partition(".")[0]
    public = vars(sys.modules[root]) if root in sys.modules else {}
    return f"{root if public.get(name) is cls else module}.{name}"


def type_name(value: object) -> str:
    """Name a value's class, ignoring a false ``__class__``."""
    return class_name(type(value))


def truncate(text: str, max_chars: int) -> str:
    """Cut a text to ``max_chars``, with an ellipsis at its end."""
    return text if len(text) <= max_chars else text[: max(0, max_chars - 1)] + "…"


def quantity(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 row``, ``1,000 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def join_first(items: Iterable[str], limit: int, *, total: int | None = None) -> str:
    """Join the first ``limit`` items and count the others."""
    shown = list(items)
    total = len(shown) if total is None else total
    shown = shown[:limit]
    rest = total - len(shown)
    return ", ".join(shown) + (f", … {rest:,} more" if rest > 0 else "")


def fit_lines(lines: Sequence[str], max_chars: int) -> str:
    """Join as many lines as there is room for and count the others."""
    text = "\n".join(lines)
    if len(text) <= max_chars:
        return text
    note = f"\n… {len(lines):,} more lines left out"  # at least as long as the final one
    kept, used = 1, min(len(lines[0]), max_chars)
    while kept < len(lines) and used + 1 + len(lines[kept]) <= max_chars - len(note):
        used += 1 + len(lines[kept])
        kept += 1
    if kept == len(lines):
        return truncate(text, max_chars)
    note = f"\n… {quantity(len(lines) - kept, 'more line')} left out"
    return truncate(truncate("\n".join(lines[:kept]), max_chars - len(note)) + note, max_chars)


def escape_unprintable(text: str) -> str:
    """Escape unprintable and invisible characters, including lone surrogates, as Python does."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    printable = "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )
    return escape_control_chars(printable)


def short_repr(value: object, max_chars: int = 60) -> str:
    """Return a value's repr, limited in length; say so if it raises."""
    try:
        return truncate(_repr(value, max_chars, depth=2), max_chars)
    except (Exception, SystemExit) as exc:  # a repr may raise anything
        return f"<{type_name(value)}: repr() raised {type(exc).__name__}>"


def _repr(value: object, max_chars: int, depth: int) -> str:
    kind = type(value)
    # Through the base class, so that no overridden method runs and nothing long is copied.
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
        if not isinstance(plain, np.generic):  # longdouble has no Python type
            # item() of a datetime64 in nanoseconds is an int.
            return str(value) if value.dtype.kind in "mM" else _repr(plain, max_chars, depth)
    return repr(value)


def _items_repr(value: Any, max_chars: int, depth: int) -> str:
    """Return the repr of an exact builtin container, without reading all of it."""
    if depth == 0:
        return f"<{type_name(value)} of {len(value):,}>"

    def inner(item: object) -> str:
        return truncate(_repr(item, max_chars, depth - 1), max_chars)

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
