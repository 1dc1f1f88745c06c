"""Values of the standard library's types."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import ipaddress
import keyword
import pathlib
import unicodedata
import uuid
from array import array as number_array
from collections.abc import Callable
from typing import Any

from sandbox.runner.encoding.builtin_values import TYPES
from sandbox.runner.limits import MAX_RATIO_BITS

from .builtin_values import any_integer, decode_mapping
from .checks import array, choose, integer, malformed, text
from .reader import Decoder, Reader
from .time_zones import decode_zone

MAX_NAMEDTUPLES = 256
_IPS: dict[str, Callable[[str], Any]] = {
    f"IPv{version}{kind}": getattr(ipaddress, f"IPv{version}{kind}")
    for version in (4, 6)
    for kind in ("Address", "Network", "Interface")
}
_PATHS = {
    name: getattr(pathlib, name)
    for name in ("PurePosixPath", "PureWindowsPath", "PosixPath", "WindowsPath")
}


def _namedtuple(reader: Reader, name: object, fields: object, values: object) -> Any:
    names = tuple(text(one) for one in [name, *array(fields)])
    if names not in reader.namedtuples:
        if len(reader.namedtuples) >= MAX_NAMEDTUPLES or len(names) > 256:
            raise malformed("too many namedtuples, or too many fields")
        # namedtuple() compiles the names: nothing but identifiers may reach it.
        if not all(map(_is_plain_identifier, names)):
            raise malformed("a namedtuple with a name that is no identifier")
        made: Any = collections.namedtuple(names[0], names[1:], rename=True)  # type: ignore[misc]  # noqa: PYI024  # names only a payload knows
        if made._fields != names[1:]:  # "_" and the position stay; all else of "_" is renamed
            raise malformed("a namedtuple with a field twice, or of a private name")
        reader.namedtuples[names] = made
    return reader.namedtuples[names](*reader.items(values))


def _is_plain_identifier(name: str) -> bool:
    normal = unicodedata.normalize("NFKC", name) == name  # the compiler would change it
    return len(name) <= 255 and normal and name.isidentifier() and not keyword.iskeyword(name)


def _counter(reader: Reader, keys: object, values: object) -> collections.Counter[Any]:
    counter: collections.Counter[Any] = collections.Counter()
    dict.update(counter, decode_mapping(reader, keys, values))
    return counter


def _defaultdict(reader: Reader, factory: object, keys: object, values: object) -> Any:
    made: Any = None if factory is None else choose(TYPES, factory)
    return collections.defaultdict(made, decode_mapping(reader, keys, values))


def _deque(reader: Reader, max_length: object, items: object) -> collections.deque[Any]:
    limit = None if max_length is None else integer(max_length, 0)
    return collections.deque(reader.items(items), limit)


def _array(reader: Reader, code: object, item_bytes: object, data: object) -> Any:
    empty: number_array[Any] = number_array(choose({one: one for one in "bBhHiIlLqQfd"}, code))
    if empty.itemsize != item_bytes:
        raise malformed("an array whose items have another size here")
    empty.frombytes(reader.attachment(data))
    return empty


def _fraction(reader: Reader, *parts: object) -> fractions.Fraction:
    numerator, denominator = (any_integer(reader, part) for part in parts)
    if max(numerator.bit_length(), denominator.bit_length()) > MAX_RATIO_BITS:
        raise malformed("a fraction of huge parts")
    return fractions.Fraction(numerator, denominator)


def _datetime(reader: Reader, *parts: object) -> datetime.datetime:
    *numbers, fold, zone = parts
    fields = [integer(one) for one in numbers]
    year, month, day, hour, minute, second, microsecond = fields
    return datetime.datetime(
        year, month, day, hour, minute, second, microsecond,
        tzinfo=decode_zone(reader, zone), fold=integer(fold),
    )  # fmt: skip


def _time(reader: Reader, *parts: object) -> datetime.time:
    *numbers, fold, zone = parts
    hour, minute, second, microsecond = (integer(one) for one in numbers)
    return datetime.time(
        hour, minute, second, microsecond, tzinfo=decode_zone(reader, zone), fold=integer(fold)
    )


def _timedelta(_: Reader, *parts: object) -> datetime.timedelta:
    days, seconds, microseconds = (integer(part) for part in parts)
    return datetime.timedelta(days, seconds, microseconds)


def _path(reader: Reader, kind: object, path: object) -> pathlib.PurePath:
    made = choose(_PATHS, kind)
    try:
        return made(text(reader.value(path)))  # type: ignore[no-any-return]  # a table of paths
    except NotImplementedError:  # a path of another operating system
        pure = pathlib.PureWindowsPath if kind == "WindowsPath" else pathlib.PurePosixPath
        return pure(text(path))


DECODERS: dict[str, Decoder] = {
    "ordereddict": lambda reader, *parts: collections.OrderedDict(decode_mapping(reader, *parts)),
    "counter": _counter,
    "defaultdict": _defaultdict,
    "deque": _deque,
    "namedtuple": _namedtuple,
    "array": _array,
    "utc": lambda reader: decode_zone(reader, ["utc"]),
    "offset": lambda reader, *parts: decode_zone(reader, ["offset", *parts]),
    "zone": lambda reader, *parts: decode_zone(reader, ["zone", *parts]),
    "date": lambda _, *parts: datetime.date(*[integer(part) for part in parts]),
    "time": _time,
    "datetime": _datetime,
    "timedelta": _timedelta,
    "decimal": lambda _, digits: decimal.Decimal(text(digits)),
    "fraction": _fraction,
    "uuid": lambda _, digits: uuid.UUID(hex=text(digits)),
    "ip": lambda _, kind, address: choose(_IPS, kind)(text(address)),
    "path": _path,
}
