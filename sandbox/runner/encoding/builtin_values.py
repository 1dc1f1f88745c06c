"""Values of Python's built-in types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..limits import LONG_BYTES, LONG_TEXT_CHARS
from .reprs import bounded_repr
from .writer import Node, Writer

TYPES = {
    one.__name__: one
    for one in (
        bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict,
        object, type(None), range, slice,
    )
}  # fmt: skip
"""Classes that may be named in a payload."""


def _int(writer: Writer, value: int) -> Node:
    if -(2**63) <= value < 2**63:
        return value
    # Hexadecimal: linear in time, and no limit of digits as in decimal.
    return writer.node("int", format(value, "x"))


def _float(writer: Writer, value: float) -> Node:
    return value if math.isfinite(value) else writer.node("float", repr(value))


def _complex(writer: Writer, value: complex) -> Node:
    return writer.node("complex", _float(writer, value.real), _float(writer, value.imag))


def _str(writer: Writer, value: str) -> Node:
    if len(value) <= LONG_TEXT_CHARS and (value.isascii() or not _has_surrogates(value)):
        return value
    return writer.node("text", writer.attach_text(value.encode("utf-8", "surrogatepass")))


def _has_surrogates(value: str) -> bool:
    # JSON would join two lone halves into one character.
    return any("\ud800" <= character <= "\udfff" for character in value)


def _bytes(writer: Writer, value: bytes | bytearray) -> Node:
    tag = type(value).__name__
    if len(value) <= LONG_BYTES:
        return writer.node(tag, value.hex())
    return writer.node(tag, writer.attach(bytes(value)))


def _range(writer: Writer, value: range) -> Node:
    parts = (value.start, value.stop, value.step)
    return writer.node("range", *(_int(writer, part) for part in parts))


def _slice(writer: Writer, value: slice) -> Node:
    parts = ("start", "stop", "step")
    return writer.node("slice", *(writer.value(getattr(value, part), f".{part}") for part in parts))


def _sequence(writer: Writer, value: list[Any] | tuple[Any, ...]) -> Node:
    return writer.node(type(value).__name__, writer.items(value, lambda at: f"[{at}]"))


def _set(writer: Writer, value: set[Any] | frozenset[Any]) -> Node:
    elements = list(value)
    name = type(value).__name__
    return writer.node(
        name, writer.items(elements, lambda at: f"<element {bounded_repr(elements[at], 40)}>")
    )


def mapping_items(writer: Writer, value: dict[Any, Any]) -> tuple[Node, Node]:
    """Encode a mapping's keys and its values, in order."""
    keys = list(value.keys())
    return (
        writer.items(keys, lambda at: f"<key {bounded_repr(keys[at], 40)}>"),
        writer.items(list(value.values()), lambda at: f"[{bounded_repr(keys[at], 40)}]"),
    )


def _dict(writer: Writer, value: dict[Any, Any]) -> Node:
    return writer.node("dict", *mapping_items(writer, value))


def _type(writer: Writer, value: type) -> Node | None:
    if TYPES.get(value.__name__) is value:
        return writer.node("type", value.__name__)
    return None


ENCODERS: dict[type, Callable[[Writer, Any], Node]] = {
    int: _int,
    float: _float,
    complex: _complex,
    str: _str,
    bytes: _bytes,
    bytearray: _bytes,
    range: _range,
    slice: _slice,
    list: _sequence,
    tuple: _sequence,
    set: _set,
    frozenset: _set,
    dict: _dict,
    type(...): lambda writer, _: writer.node("ellipsis"),
    type(NotImplemented): lambda writer, _: writer.node("notimplemented"),
}


def encode_type(writer: Writer, value: object) -> Node | None:
    """Encode a built-in class, by its name in a fixed table."""
    return _type(writer, value) if type(value) is type else None
