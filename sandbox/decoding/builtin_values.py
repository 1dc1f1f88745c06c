"""Values of Python's built-in types."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable
from typing import Any

from sandbox.runner.encoding.builtin_values import TYPES

from .checks import choose, malformed, text
from .reader import Decoder, Reader

MAX_EQUAL_HASHES = 1_000
_HEX_INTEGER = re.compile(r"-?[0-9a-f]+")
_FLOATS = {name: name for name in ("nan", "inf", "-inf")}


def _int(_: Reader, digits: object) -> int:
    if not _HEX_INTEGER.fullmatch(text(digits)):
        raise malformed("an integer that is no hexadecimal")
    return int(text(digits), 16)


def _complex(reader: Reader, real: object, imaginary: object) -> complex:
    parts = [reader.value(part) for part in (real, imaginary)]
    if not all(type(part) is float for part in parts):
        raise malformed("a complex number of parts that are no floats")
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


def hashed(keys: Iterable[Any]) -> list[Any]:
    """Check keys before they go into a dict or set.

    Raises:
        PayloadError: too many share one hash, which would take quadratic time.
    """
    listed = list(keys)
    if len(listed) > MAX_EQUAL_HASHES:
        most = collections.Counter(map(hash, listed)).most_common(1)[0][1]
        if most > MAX_EQUAL_HASHES:
            raise malformed(f"{most} keys with one hash")
    return listed


def _set(kind: type[Any]) -> Decoder:
    def decode(reader: Reader, items: object) -> Any:
        elements = hashed(reader.items(items))
        made = kind(elements)
        if len(made) != len(elements):
            raise malformed("a set with an element twice")
        return made

    return decode


def decode_mapping(reader: Reader, keys: object, values: object) -> dict[Any, Any]:
    """Decode a mapping of distinct keys, in order."""
    listed = hashed(reader.items(keys))
    made = dict(zip(listed, reader.items(values), strict=True))
    if len(made) != len(listed):
        raise malformed("a mapping with a key twice")
    return made


DECODERS: dict[str, Decoder] = {
    "int": _int,
    # A new NaN each time: one object twice would be one element of a set, one key of a dict.
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
