"""Records of fields: generic classes of ours, and the original's name only as text."""

from __future__ import annotations

import argparse
import types
from typing import Any

from ..records import (
    ORIGIN,
    ResultDict,
    ResultRecord,
    ResultTuple,
    with_origin,
)
from .builtin_values import decode_mapping
from .reader import Decoder, Reader, array, integer, malformed, text

MAX_FIELDS = 1_000


def _name(node: object) -> str:
    name = text(node)
    if len(name) > 200 or not all(part.isidentifier() for part in name.split(".")):
        raise malformed("a record with a name that isn't one")
    return name


def _text(reader: Reader, node: object) -> str | None:
    return None if node is None else text(reader.value(node))


def _fields(reader: Reader, names: object, values: object) -> dict[str, Any]:
    listed = [text(name) for name in array(names)]
    if len(listed) > MAX_FIELDS or len(set(listed)) != len(listed):
        raise malformed("a record with too many or repeated fields")
    for name in listed:
        if not name.isidentifier() or name.startswith("__") or name == ORIGIN or len(name) > 255:
            raise malformed("a record's field with a name that isn't an identifier")
    return dict(zip(listed, reader.items(values), strict=True))


def _object(reader: Reader, name: object, names: object, values: object, shown: object) -> Any:
    fields = _fields(reader, names, values)
    return with_origin(ResultRecord(), _name(name), _text(reader, shown), fields)


def _tuple(
    reader: Reader, name: object, names: object, values: object, shown: object, count: object
) -> Any:
    fields = _fields(reader, names, values)
    made = ResultTuple(list(fields.values())[: integer(count, 0, len(fields))])
    return with_origin(made, _name(name), _text(reader, shown), fields)


def _dict(reader: Reader, name: object, keys: object, values: object, shown: object) -> Any:
    made = ResultDict(decode_mapping(reader, keys, values))
    return with_origin(made, _name(name), _text(reader, shown), {})


def _attributes(reader: Reader, keys: object, values: object) -> dict[str, Any]:
    found = decode_mapping(reader, keys, values)
    if not all(type(name) is str and not name.startswith("__") for name in found):
        raise malformed("a namespace with an unusable name")
    return found


def _arguments(reader: Reader, *parts: object) -> argparse.Namespace:
    made = argparse.Namespace()
    vars(made).update(_attributes(reader, *parts))
    return made


def _namespace(reader: Reader, *parts: object) -> types.SimpleNamespace:
    made = types.SimpleNamespace()
    vars(made).update(_attributes(reader, *parts))
    return made


DECODERS: dict[str, Decoder] = {
    "rec.object": _object,
    "rec.tuple": _tuple,
    "rec.dict": _dict,
    "rec.namespace": _namespace,
    "rec.arguments": _arguments,
}
