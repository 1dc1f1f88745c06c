"""Results of statistics, and instances of the code's small classes: their fields and their text.

A field of a library's result that has no encoding comes back as its text alone.
"""

from __future__ import annotations

import argparse
import enum
import types
from typing import Any

from ..shared.naming import module_name
from ..shared.records import ORIGIN, generic_text
from .builtin_values import mapping_items
from .reprs import bounded_repr
from .writer import Node, NotEncodableError, Writer

MAX_TEXT_CHARS = 100_000
_LIBRARIES = frozenset({"scipy", "statsmodels", "sklearn"})
_ENDINGS = ("Result", "Results", "Summary", "Holder", "HolderTuple")
_NAMESPACES = {types.SimpleNamespace: "namespace", argparse.Namespace: "arguments"}


def encode(writer: Writer, value: Any) -> Node | None:
    """Encode a record of fields; return None for any other value."""
    kind = type(value)
    if kind in _NAMESPACES:
        return writer.node(f"rec.{_NAMESPACES[kind]}", *mapping_items(writer, vars(value)))
    origin = _origin(value)
    if isinstance(value, dict):
        if origin is None and not hasattr(kind, "__getattr__"):
            return None
        return _dict(writer, value)
    if isinstance(value, tuple):
        return _tuple(writer, value)
    fields = _fields(value) if origin is None else _public(value)
    return None if fields is None else _node(writer, "rec.object", value, fields)


def _origin(value: Any) -> Any:
    """Return the name and text of a result that came from another run; else None."""
    own = getattr(value, "__dict__", None)
    return own.get(ORIGIN) if type(own) is dict else None


def _fields(value: Any) -> dict[str, Any] | None:
    kind = type(value)
    if isinstance(value, enum.Enum):
        return {"name": value.name, "value": value.value}
    declared = vars(kind).get("__dataclass_fields__")
    if type(declared) is dict:
        return {
            name: getattr(value, name)
            for name, field in declared.items()
            if (field.repr or not name.startswith("_")) and hasattr(value, name)
        }
    declared = vars(kind).get("__attrs_attrs__")
    if declared:
        return {field.name: getattr(value, field.name) for field in declared}
    if not _is_of_library(kind):
        return None
    if kind.__name__ == "SimpleTable":
        return {"title": value.title, "data": [[cell.data for cell in row] for row in value]}
    # A fitted model is no result of a test: what it holds is up to the code.
    if not kind.__name__.endswith(_ENDINGS) or hasattr(kind, "predict"):
        return None
    return _public(value)


def _public(value: Any) -> dict[str, Any]:
    own = getattr(value, "__dict__", {})
    return {
        name: item for name, item in own.items() if not name.startswith("_") and not callable(item)
    }


def _tuple(writer: Writer, value: Any) -> Node | None:
    """Encode a tuple with named fields, and more fields beside them."""
    kind = type(value)
    items = list(tuple.__iter__(value))
    if hasattr(kind, "n_sequence_fields"):  # such as time.struct_time
        names = kind.__match_args__[: kind.n_sequence_fields]
    elif _origin(value) is not None:
        names = tuple(vars(value))[1 : len(items) + 1]
    else:
        names = getattr(kind, "_fields", None)
    if type(names) is not tuple or len(names) != len(items):
        return None
    named = dict(zip(names, items, strict=True))
    more = {name: getattr(value, name) for name in getattr(kind, "_extra_fields", ())}
    fields = {**named, **more, **{k: v for k, v in _public(value).items() if k not in named}}
    return _node(writer, "rec.tuple", value, fields, len(items))


def _dict(writer: Writer, value: dict[Any, Any]) -> Node:
    keys = [str(key) if isinstance(key, str) else key for key in value]
    parts = [
        _part(writer, item, f"[{bounded_repr(key, 40)}]", _is_of_library(type(value)))
        for key, item in dict.items(value)
    ]
    nodes = writer.items(keys, lambda at: f"<key {bounded_repr(keys[at], 40)}>")
    name, text = _name(value), _text(value, None)
    return writer.node("rec.dict", name, nodes, ["j", parts], writer.value(text))


def _node(writer: Writer, tag: str, value: Any, fields: dict[str, Any], *arguments: Node) -> Node:
    lenient = _is_of_library(type(value))
    for name in fields:
        if not name.isidentifier() or name.startswith("__") or name == ORIGIN:
            raise NotEncodableError(f"its field {name[:40]!r} isn't a plain name; make it a dict")
    parts = [_part(writer, item, f".{name}", lenient) for name, item in fields.items()]
    text = writer.value(_text(value, fields))
    return writer.node(tag, _name(value), list(fields), ["j", parts], text, *arguments)


def _part(writer: Writer, value: Any, step: str, lenient: bool) -> Node:
    attached = len(writer.attachments)
    try:
        return writer.value(value, step)
    except NotEncodableError:
        if not lenient:
            raise
        del writer.attachments[attached:]
        text = writer.value(bounded_repr(value, 1_000))
        return writer.node("rec.object", _name(value), [], ["j", []], text)


def _is_of_library(kind: type) -> bool:
    return module_name(kind).partition(".")[0] in _LIBRARIES


def _name(value: Any) -> str:
    """Return the full name of the class that the value has, or had in an earlier run."""
    origin = _origin(value)
    if origin is not None:
        return str(origin[0])
    kind = type(value)
    parts = f"{module_name(kind)}.{kind.__qualname__}".split(".")
    return ".".join(part for part in parts if part.isidentifier())[-200:].lstrip(".")


def _text(value: Any, fields: dict[str, Any] | None) -> str | None:
    """Return how the value prints; None if that follows from its fields."""
    text = repr(value)
    shown: Any = type(value).__repr__
    if shown is object.__repr__ or text.startswith("<class "):
        text = str(value)  # statsmodels' tables say nothing else in their repr
    if fields is not None and text == generic_text(_name(value), fields):
        return None
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"
