"""Values of Python's built-in types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..shared.limits import LONG_BYTES, LONG_TEXT_CHARS, TYPES
from .reprs import bounded_repr
from .writer import Node, Writer


def _int(writer: Writer, value: int) -> Node:
    if -(2**63) <= value < 2**63:
        return value
    # Hexadecimal takes linear time and, unlike decimal, has no limit on digits.
    return writer.node("int", format(value, "x"))


def _float(writer: Writer, value: float) -> Node:
    return value if math.isfinite(value) else writer.node("float", repr(value))


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


def _range_or_slice(writer: Writer, value: range | slice) -> Node:
    steps = ("start", "stop", "step")
    parts = [writer.value(getattr(value, step), f".{step}") for step in steps]
    return writer.node(type(value).__name__, *parts)


def _sequence(writer: Writer, value: list[Any] | tuple[Any, ...]) -> Node:
    return writer.node(type(value).__name__, writer.items(value, lambda at: f"[{at}]"))


def _set(writer: Writer, value: set[Any] | frozenset[Any]) -> Node:
    elements = list(value)
    name = type(value).__name__
    return writer.node(
        name, writer.items(elements, lambda at: f"<element {bounded_repr(elements[at], 40)}>")
    )


def mapping_items(writer: Writer, value: dict[Any, Any]) -> tuple[Node, Node]:
    """Encode a mapping's keys and values, in order."""
    keys = list(value.keys())
    return (
        writer.items(keys, lambda at: f"<key {bounded_repr(keys[at], 40)}>"),
        writer.items(list(value.values()), lambda at: f"[{bounded_repr(keys[at], 40)}]"),
    )


def encode_view(writer: Writer, value: Any) -> Node:
    """Encode a view of a dict's keys or values."""
    return writer.node(type(value).__name__, writer.items(list(value), lambda at: f"[{at}]"))


def encode_items_view(writer: Writer, value: Any) -> Node:
    """Encode a view of a dict's items."""
    return writer.node(type(value).__name__, *mapping_items(writer, dict(value)))


def encode_type(writer: Writer, value: object) -> Node | None:
    """Encode a built-in class by its name, if it is in the table of allowed classes."""
    if type(value) is not type:
        return None
    name = value.__name__
    return writer.node("type", name) if TYPES.get(name) is value else None


ENCODERS: dict[type, Callable[[Writer, Any], Node]] = {
    int: _int,
    float: _float,
    complex: lambda writer, value: writer.node(
        "complex", _float(writer, value.real), _float(writer, value.imag)
    ),
    str: _str,
    bytes: _bytes,
    bytearray: _bytes,
    range: _range_or_slice,
    slice: _range_or_slice,
    list: _sequence,
    tuple: _sequence,
    set: _set,
    frozenset: _set,
    dict: lambda writer, value: writer.node("dict", *mapping_items(writer, value)),
    type({}.keys()): encode_view,
    type({}.values()): encode_view,
    type({}.items()): encode_items_view,
    type(...): lambda writer, _: writer.node("ellipsis"),
    type(NotImplemented): lambda writer, _: writer.node("notimplemented"),
}
