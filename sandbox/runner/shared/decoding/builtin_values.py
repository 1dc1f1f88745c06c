"""Values of Python's built-in types."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable
from typing import Any

from ..limits import TYPES
from .reader import Decoder, Reader, choose, malformed, text

MAX_EQUAL_HASHES = 1_000
HASHED_ITEM_BYTES = 128
"""For each key of a dict or set: its place in the table, and what checking it takes."""
_HEX_INTEGER = re.compile(r"-?[0-9a-f]+")
_FLOATS = {name: name for name in ("nan", "inf", "-inf")}


def _int(_: Reader, digits: object) -> int:
    if not _HEX_INTEGER.fullmatch(text(digits)):
        raise malformed("an integer that isn't hexadecimal")
    return int(text(digits), 16)


def _complex(reader: Reader, real: object, imaginary: object) -> complex:
    parts = [reader.value(part) for part in (real, imaginary)]
    if not all(type(part) is float for part in parts):
        raise malformed("a complex number whose parts aren't floats")
    return complex(*parts)


def _bytes(reader: Reader, data: object) -> bytes:
    return bytes.fromhex(data) if type(data) is str else bytes(reader.attachment(data))


def any_integer(reader: Reader, node: object) -> int:
    """Decode an integer of any size."""
    value = reader.value(node)
    if type(value) is not int:
        raise malformed("expected an integer")
    return value


def _range(reader: Reader, *parts: object) -> range:
    start, stop, step = (any_integer(reader, part) for part in parts)
    return range(start, stop, step)


def _slice(reader: Reader, *parts: object) -> slice:
    start, stop, step = (reader.value(part) for part in parts)
    return slice(start, stop, step)


def hashed(reader: Reader, keys: Iterable[Any]) -> list[Any]:
    """Check keys before they go into a dict or set.

    Raises:
        PayloadError: too many share a hash, which would take quadratic time.
    """
    listed = list(keys)
    reader.budget.spend(HASHED_ITEM_BYTES * len(listed))
    if len(listed) > MAX_EQUAL_HASHES:
        most = collections.Counter(map(hash, listed)).most_common(1)[0][1]
        if most > MAX_EQUAL_HASHES:
            raise malformed(f"{most} keys with one hash")
    return listed


def _set(kind: type[Any]) -> Decoder:
    def decode(reader: Reader, items: object) -> Any:
        elements = hashed(reader, reader.items(items))
        made = kind(elements)
        if len(made) != len(elements):
            raise malformed("a set with a repeated element")
        return made

    return decode


def decode_mapping(reader: Reader, keys: object, values: object) -> dict[Any, Any]:
    """Decode a mapping of distinct keys, in order."""
    listed = hashed(reader, reader.items(keys))
    made = dict(zip(listed, reader.items(values), strict=True))
    if len(made) != len(listed):
        raise malformed("a mapping with a repeated key")
    return made


def _view(kind: type[dict[Any, Any]], part: str) -> Decoder:
    """Make the decoder of a dict's keys or values: a view of a dict made for it."""

    def decode(reader: Reader, items: object) -> Any:
        if part == "values":
            return kind(enumerate(reader.items(items))).values()
        keys = hashed(reader, reader.items(items))
        made = kind.fromkeys(keys)
        if len(made) != len(keys):
            raise malformed("a view with a repeated key")
        return made.keys()

    return decode


DECODERS: dict[str, Decoder] = {
    "dict_keys": _view(dict, "keys"),
    "dict_values": _view(dict, "values"),
    "dict_items": lambda reader, *parts: decode_mapping(reader, *parts).items(),
    "odict_keys": _view(collections.OrderedDict, "keys"),
    "odict_values": _view(collections.OrderedDict, "values"),
    "odict_items": lambda reader, *parts: collections.OrderedDict(
        decode_mapping(reader, *parts)
    ).items(),
    "int": _int,
    # A new NaN each time: the same object twice would be one element of a set.
    "float": lambda _, name: float(choose(_FLOATS, name)),
    "complex": _complex,
    "text": lambda reader, number: reader.attached_text(number),
    "bytes": _bytes,
    "bytearray": lambda reader, data: bytearray(_bytes(reader, data)),
    "range": _range,
    "slice": _slice,
    "ellipsis": lambda _: ...,
    "notimplemented": lambda _: NotImplemented,
    "type": lambda _, name: choose(TYPES, name),
    "list": lambda reader, items: reader.items(items),
    "tuple": lambda reader, items: tuple(reader.items(items)),
    "set": _set(set),
    "frozenset": _set(frozenset),
    "dict": decode_mapping,
}
