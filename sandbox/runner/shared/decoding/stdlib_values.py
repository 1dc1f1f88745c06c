"""Values of the standard library's types."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import ipaddress
import keyword
import pathlib
import re
import unicodedata
import uuid
import zoneinfo
from array import array as number_array
from collections.abc import Callable
from typing import Any

from ..limits import MAX_RATIO_BITS, TYPES, PayloadError
from .builtin_values import any_integer, decode_mapping
from .reader import Decoder, Reader, array, choose, integer, malformed, text

MAX_NAMEDTUPLES = 256
FRACTION_BITS = 512
# No dots: the key becomes a path, and for the tzdata package part of a module's name.
_KEY = re.compile(r"[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}")
_IPS: dict[str, Callable[[str], Any]] = {
    f"IPv{version}{kind}": getattr(ipaddress, f"IPv{version}{kind}")
    for version in (4, 6)
    for kind in ("Address", "Network", "Interface")
}
_TYPECODES = {code: code for code in "bBhHiIlLqQfd"}
# A path from a container opens nothing here, and brings no file along when it is sent again.
_PATHS: dict[str, type[pathlib.PurePath]] = {
    f"{pure}{system}Path": getattr(pathlib, f"Pure{system}Path")
    for pure in ("", "Pure")
    for system in ("Posix", "Windows")
}


def decode_zone(_: Reader, node: object) -> datetime.tzinfo | None:
    """Decode a time zone; null stands for None.

    Raises:
        PayloadError: it is malformed, or this host doesn't know the zone.
    """
    if node is None:
        return None
    kind, *arguments = array(node)
    if kind == "utc" and not arguments:
        return datetime.UTC
    if kind == "offset":
        microseconds, name = arguments
        offset = datetime.timedelta(microseconds=integer(microseconds))
        return datetime.timezone(offset) if name is None else datetime.timezone(offset, text(name))
    if kind != "zone":
        raise malformed("unknown kind of time zone")
    (key,) = arguments
    if not _KEY.fullmatch(text(key)):
        raise malformed("an invalid time zone key")
    try:
        return zoneinfo.ZoneInfo(text(key))
    except zoneinfo.ZoneInfoNotFoundError:
        raise PayloadError(
            f"the time zone {key!r} is unknown here; install it with: pip install tzdata"
        ) from None


def _namedtuple(reader: Reader, name: object, fields: object, values: object) -> Any:
    names = tuple(text(field) for field in [name, *array(fields)])
    if names not in reader.namedtuples:
        if len(reader.namedtuples) >= MAX_NAMEDTUPLES or len(names) > 256:
            raise malformed("too many namedtuples, or too many fields")
        # namedtuple() compiles the names: only identifiers may reach it.
        if not all(map(_is_plain_identifier, names)):
            raise malformed("a namedtuple with a name that isn't an identifier")
        made: Any = collections.namedtuple(names[0], names[1:], rename=True)  # type: ignore[misc]  # noqa: PYI024  # names from the payload
        if made._fields != names[1:]:  # "_1" at position 1 stays, other names with "_" change
            raise malformed("a namedtuple with a repeated or private field")
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
    numbers: number_array[Any] = number_array(choose(_TYPECODES, code))
    if numbers.itemsize != item_bytes:
        raise malformed("an array whose items have another size here")
    numbers.frombytes(reader.attachment(data))
    return numbers


def _fraction(reader: Reader, *parts: object) -> fractions.Fraction:
    numerator, denominator = (any_integer(reader, part) for part in parts)
    bits = max(numerator.bit_length(), denominator.bit_length())
    if bits > MAX_RATIO_BITS:
        raise malformed("a fraction with huge parts")
    reader.budget.spend(bits * bits // FRACTION_BITS)  # reducing takes time quadratic in them
    return fractions.Fraction(numerator, denominator)


def _datetime(reader: Reader, *parts: object) -> datetime.datetime:
    *numbers, fold, zone = parts
    year, month, day, hour, minute, second, microsecond = (integer(number) for number in numbers)
    return datetime.datetime(
        year, month, day, hour, minute, second, microsecond,
        tzinfo=decode_zone(reader, zone), fold=integer(fold),
    )  # fmt: skip


def _time(reader: Reader, *parts: object) -> datetime.time:
    *numbers, fold, zone = parts
    hour, minute, second, microsecond = (integer(number) for number in numbers)
    return datetime.time(
        hour, minute, second, microsecond, tzinfo=decode_zone(reader, zone), fold=integer(fold)
    )


def _timedelta(_: Reader, *parts: object) -> datetime.timedelta:
    days, seconds, microseconds = (integer(part) for part in parts)
    return datetime.timedelta(days, seconds, microseconds)


def _path(reader: Reader, kind: object, path: object) -> pathlib.PurePath:
    return choose(_PATHS, kind)(text(reader.value(path)))


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
