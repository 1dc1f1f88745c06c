"""Short texts of values and exceptions, safe for any object: the code's classes may raise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..shared.naming import class_name, type_name

MAX_SHORT_CHARS = 300
MAX_ITEMS = 100_000
"""A longer container of an unknown class is named, not shown."""
MAX_COLUMNS = 10_000
MAX_INT_BITS = 4_000
_TABLES = frozenset({"pandas", "numpy", "polars", "pyarrow", "scipy", "xarray"})
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    dict: ("{", "}"),
}


def message_of(error: BaseException) -> str:
    """Return ``str(error)``, or a note that it fails."""
    try:
        return str.__str__(str(error))
    except BaseException:
        return f"<{class_name(type(error))} without a readable message>"


def in_short(error: BaseException) -> str:
    """Return an exception's name and message on one line of at most ``MAX_SHORT_CHARS``."""
    message = " ".join(message_of(error)[: 2 * MAX_SHORT_CHARS].split())
    name = class_name(type(error))
    return (f"{name}: {message}" if message else name)[:MAX_SHORT_CHARS]


def bounded_repr(value: object, max_chars: int = 200) -> str:
    """Describe ``value`` like ``repr``, in at most ``max_chars`` characters.

    Never raises, and never walks all of a big container. A ``__repr__`` of the code is
    simply called: the sandbox limits its time.
    """
    try:
        text = _Shortener(max_chars).text(value)
    except BaseException as error:
        text = f"<{type_name(value)} whose repr raises {type_name(error)}>"
    return text if len(text) <= max_chars else text[: max(max_chars - 1, 0)] + "…"


class _Shortener:
    """Walks containers until all characters are used."""

    def __init__(self, max_chars: int) -> None:
        self._left = max_chars
        self._max_chars = max_chars
        self._open: set[int] = set()

    def text(self, value: Any) -> str:
        if type(value) not in _BRACKETS or not value:
            text = self._leaf(value)
            self._left -= len(text)
            return text
        if id(value) in self._open or len(self._open) > 20:
            return "..."
        self._open.add(id(value))
        try:
            return self._container(value)
        finally:
            self._open.discard(id(value))

    def _container(self, value: Any) -> str:
        opening, closing = _BRACKETS[type(value)]
        self._left -= len(opening) + len(closing)
        parts = self._pairs(value) if type(value) is dict else map(self.text, value)
        listed = self._until_full(parts, len(value))
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return f"{opening}{', '.join(listed)}{comma}{closing}"

    def _pairs(self, value: dict[Any, Any]) -> Iterable[str]:
        for key, item in value.items():
            yield f"{self.text(key)}: {self.text(item)}"

    def _until_full(self, parts: Iterable[str], count: int) -> list[str]:
        listed: list[str] = []
        for part in parts:
            listed.append(part)
            self._left -= 2
            if self._left <= 0:
                break
        return listed if len(listed) == count else [*listed, "…"]

    def _leaf(self, value: Any) -> str:
        kind = type(value)
        if kind in (str, bytes, bytearray) and len(value) > self._max_chars:
            return repr(value[: self._max_chars])
        if kind is int and value.bit_length() > MAX_INT_BITS:
            return f"<int of {value.bit_length()} bits>"
        if type_name(value).partition(".")[0] in _TABLES:
            shape = getattr(value, "shape", ())
            if isinstance(shape, tuple) and len(shape) == 2 and shape[1] > MAX_COLUMNS:
                return f"<{type_name(value)} of shape {shape}>"
        elif (
            kind not in (str, bytes, range)
            # Not hasattr: an enum's class has a length, its members don't.
            and any("__len__" in vars(base) for base in kind.__mro__)
            and len(value) > MAX_ITEMS
        ):
            return f"<{type_name(value)} of {len(value)} items>"
        text = repr(value)
        if not isinstance(text, str):
            raise TypeError("a repr that isn't a string")
        return str(text[: self._max_chars + 1])
