"""Values of the standard library's types."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import pathlib
import sys
import uuid
from collections.abc import Callable
from typing import Any

from ..shared.limits import MAX_RATIO_BITS, TYPES
from .builtin_values import encode_items_view, encode_type, encode_view, mapping_items
from .writer import Node, NotEncodableError, Writer

_MICROSECOND = datetime.timedelta(microseconds=1)
_NAMEDTUPLE_EXTRAS = frozenset(
    f"__{name}__"
    for name in (
        "annotations", "annotate", "annotate_func", "annotations_cache", "orig_bases", "doc",
        "module", "qualname", "firstlineno", "static_attributes",
        "dict", "weakref", "slotnames",  # added to a class by pickle
    )
)  # fmt: skip


def encode_zone(writer: Writer, zone: datetime.tzinfo | None) -> Node:
    """Encode a time zone by its offset or its key.

    Raises:
        NotEncodableError: it comes from neither datetime nor zoneinfo.
    """
    if zone is None:
        return None
    if zone is datetime.UTC:
        return writer.node("utc")
    if type(zone) is datetime.timezone:
        offset, name = zone.utcoffset(None), zone.tzname(None)
        named = name != datetime.timezone(offset).tzname(None)
        return writer.node("offset", offset // _MICROSECOND, name if named else None)
    zoneinfo: Any = sys.modules.get("zoneinfo")
    key = getattr(zone, "key", None)
    if zoneinfo is not None and type(zone) is zoneinfo.ZoneInfo and key:
        return writer.node("zone", key)
    raise NotEncodableError(f"the time zone {str(zone)[:60]!r} is not from zoneinfo; convert it")


def _fields(tag: str, names: str) -> Callable[[Writer, Any], Node]:
    """Make an encoder of integer attributes and, for a time of day, its zone."""

    def encode(writer: Writer, value: Any) -> Node:
        parts = [getattr(value, name) for name in names.split()]
        if "fold" in names:
            parts.append(encode_zone(writer, value.tzinfo))
        return writer.node(tag, *parts)

    return encode


def _fraction(writer: Writer, value: fractions.Fraction) -> Node:
    parts = (value.numerator, value.denominator)
    if any(part.bit_length() > MAX_RATIO_BITS for part in parts):
        raise NotEncodableError(f"a fraction's parts have more than {MAX_RATIO_BITS} bits")
    return writer.node("fraction", *(writer.value(part) for part in parts))


def _path(writer: Writer, value: pathlib.PurePath) -> Node:
    return writer.node("path", type(value).__name__, writer.value(str(value)))


def _array(writer: Writer, value: array.array[Any]) -> Node:
    if value.typecode in "uw":
        raise NotEncodableError("an array of characters has no safe encoding; make it a str")
    data = writer.attach(value.tobytes())
    return writer.node("array", value.typecode, value.itemsize, data)


def _deque(writer: Writer, value: collections.deque[Any]) -> Node:
    return writer.node("deque", value.maxlen, writer.items(list(value), lambda at: f"[{at}]"))


def _defaultdict(writer: Writer, value: collections.defaultdict[Any, Any]) -> Node:
    factory = value.default_factory
    name = getattr(factory, "__name__", None) if type(factory) is type else None
    if factory is not None and (name is None or TYPES.get(name) is not factory):
        raise NotEncodableError(
            "a defaultdict with a function for its default has no safe encoding; make it a dict()"
        )
    return writer.node("defaultdict", name, *mapping_items(writer, value))


def _mapping(tag: str) -> Callable[[Writer, dict[Any, Any]], Node]:
    return lambda writer, value: writer.node(tag, *mapping_items(writer, value))


def _encode_namedtuple(writer: Writer, value: Any) -> Node | None:
    """Encode a plain namedtuple; the host makes an equal class."""
    kind = type(value)
    fields = vars(kind).get("_fields")
    if kind.__bases__ != (tuple,) or type(fields) is not tuple:
        return None
    # rename allows "_1", which pandas' itertuples() makes of a column "tip pct".
    plain: Any = collections.namedtuple("plain", fields, rename=True)  # type: ignore[misc]  # noqa: PYI024  # fields of the code's class
    if plain._fields != fields:
        raise NotEncodableError(
            f"the namedtuple {kind.__name__!r} has fields that aren't names; call ._asdict() on it"
        )
    own = set(vars(kind)) - set(vars(plain)) - _NAMEDTUPLE_EXTRAS
    if own or getattr(value, "__dict__", None):
        return None  # a record of its fields
    if len(fields) > 255:
        raise NotEncodableError("a namedtuple with over 255 fields; call ._asdict() on it")
    values = writer.items(tuple.__getitem__(value, slice(None)), lambda at: f".{fields[at]}")
    return writer.node("namedtuple", kind.__name__, list(fields), values)


def encode_other(writer: Writer, value: Any) -> Node | None:
    """Encode values without a fixed type: zones, namedtuples, classes; else return None."""
    if isinstance(value, datetime.tzinfo):
        return encode_zone(writer, value)
    if isinstance(value, tuple):
        return _encode_namedtuple(writer, value)
    return encode_type(writer, value)


ENCODERS: dict[type, Callable[[Writer, Any], Node]] = {
    datetime.date: _fields("date", "year month day"),
    datetime.time: _fields("time", "hour minute second microsecond fold"),
    datetime.datetime: _fields("datetime", "year month day hour minute second microsecond fold"),
    datetime.timedelta: _fields("timedelta", "days seconds microseconds"),
    decimal.Decimal: lambda writer, value: writer.node("decimal", str(value)),
    fractions.Fraction: _fraction,
    uuid.UUID: lambda writer, value: writer.node("uuid", value.hex),
    array.array: _array,
    collections.deque: _deque,
    collections.defaultdict: _defaultdict,
    collections.OrderedDict: _mapping("ordereddict"),
    collections.Counter: _mapping("counter"),
    type(collections.OrderedDict().keys()): encode_view,
    type(collections.OrderedDict().values()): encode_view,
    type(collections.OrderedDict().items()): encode_items_view,
    **{
        getattr(pathlib, name): _path
        for name in ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath")
    },
    **{
        getattr(ipaddress, f"IPv{version}{kind}"): (
            lambda writer, value: writer.node("ip", type(value).__name__, str(value))
        )
        for version in (4, 6)
        for kind in ("Address", "Network", "Interface")
    },
}
