"""The types of the variables that a request asks for: plain JSON, compared by name.

The state holds the JSON, so that no name from a database is ever imported::

    described(bool)             {"class": "builtins.bool"}
    described(list[int])        {"class": "builtins.list", "items": {"class": "builtins.int"}}
    described(Literal["a"])     {"values": ["a"]}
    described(int | None)       {"any": [{"class": "builtins.int"}, {"class": "builtins.NoneType"}]}
    described(PydanticModel)    {"fields": {...}, "required": [...], "name": "PydanticModel"}
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from graph_agent.errors import RequestError
from graph_agent.records import Json
from graph_agent.type_turns import turn_into

ReturnType = Any
"""A class, a generic one, a union, a Literal or a pydantic model: no annotation covers them all."""

MAX_ITEMS = 1_000
"""How many items of a container are compared."""
_ALSO = {
    "builtins.bool": {"numpy.bool", "numpy.bool_"},
    "builtins.int": {"numpy.integer"},
    "builtins.float": {"builtins.int", "numpy.floating", "numpy.integer"},
    "builtins.complex": {"builtins.float", "builtins.int", "numpy.number"},
    "builtins.str": {"numpy.str_"},
    "collections.Sequence": {"builtins.list", "builtins.tuple", "builtins.str"},
    "collections.Iterable": {"builtins.list", "builtins.tuple", "builtins.set", "builtins.dict"},
    "collections.Mapping": {"builtins.dict"},
    "collections.Set": {"builtins.set", "builtins.frozenset"},
    "numbers.Number": {"builtins.int", "builtins.float", "builtins.complex", "numpy.number"},
    "numbers.Real": {"builtins.int", "builtins.float", "numpy.floating", "numpy.integer"},
    "numbers.Integral": {"builtins.int", "numpy.integer"},
}
"""What counts as an instance of a class without being one of a subclass."""


def described(kind: object) -> Json:
    """Describe a type as JSON: a class, a generic one, a union, a Literal or a pydantic model.

    Raises:
        RequestError: it isn't a type that a value can be compared with.
    """
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind is None:
        return described(type(None))
    if origin is typing.Annotated:
        return described(args[0])
    if origin is Literal:
        return {"values": [_plain(value) for value in args]}
    if origin in (Union, types.UnionType):
        return {"any": [described(arg) for arg in args]}
    if isinstance(kind, type) and origin is None and issubclass(kind, BaseModel):
        fields = kind.model_fields
        return {
            "name": kind.__name__,
            "fields": {name: described(field.annotation) for name, field in fields.items()},
            "required": [name for name, field in fields.items() if field.is_required()],
        }
    if isinstance(origin, type):
        return {"class": _name(origin), **_parts(origin, args)}
    if isinstance(kind, type):
        return {"class": _name(kind)}
    raise RequestError(
        f"{kind!r:.80} in returns is no type; give a class such as bool or pandas.DataFrame,"
        " a Literal, a union or a pydantic model"
    )


def mismatch(value: object, wanted: Json) -> str:
    """Say in words why a value isn't of the type; "" if it is. Shows no value."""
    if not _fits(value, wanted):
        bases = {_name(base) for base in type(value).__mro__}
        hint = turn_into(str(wanted.get("class", "")), bases)
        return f"is {_a(_short(type(value)))}, not {in_words(wanted)}" + (hint and f"; {hint}")
    if "fields" in wanted:
        return _field_mismatch(value, wanted)
    if "class" in wanted:
        return _item_mismatch(value, wanted)
    return ""


def in_words(wanted: Json) -> str:
    """Describe the type for a sentence, with its article."""
    if "values" in wanted:
        return "one of " + ", ".join(map(repr, wanted["values"]))
    if "any" in wanted:
        return " or ".join(in_words(each) for each in wanted["any"])
    if "fields" in wanted:
        fields = (f"{name} ({_bare(kind)})" for name, kind in wanted["fields"].items())
        return f"a dict with the keys {', '.join(fields)}"
    if "class" not in wanted:
        return "any value"
    return _a(_bare(wanted))


def _bare(wanted: Json) -> str:
    if "class" not in wanted:
        return in_words(wanted)
    name = str(wanted["class"]).removeprefix("builtins.").removeprefix("collections.")
    if name == "NoneType":
        return "None"
    if "fields_of" in wanted:
        return f"{name} of {', '.join(map(_bare, wanted['fields_of']))}"
    return f"{name} of {_bare(wanted['items'])}" if wanted.get("items") else name


def _a(name: str) -> str:
    if name == "None":
        return name
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _parts(origin: type, args: Sequence[Any]) -> Json:
    if origin is tuple and args[-1:] != (...,):
        return {"fields_of": [described(arg) for arg in args]}
    if issubclass(origin, Mapping) and len(args) == 2:
        return {"keys": described(args[0]), "items": described(args[1])}
    return {"items": described(args[0])} if args else {}


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise RequestError(f"a Literal in returns may hold texts and numbers, not {value!r:.80}")


def _name(kind: type) -> str:
    """Name a class by its library: where a library keeps it may change between versions."""
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def _short(kind: type) -> str:
    return "None" if kind is type(None) else _name(kind).removeprefix("builtins.")


def _fits(value: object, wanted: Json) -> bool:
    """Compare the value itself, not what it contains."""
    if "values" in wanted:
        return any(type(value) is type(each) and value == each for each in wanted["values"])
    if "any" in wanted:
        return any(not mismatch(value, each) for each in wanted["any"])
    if "fields" in wanted:
        kinds = (Mapping, types.SimpleNamespace)
        return isinstance(value, kinds) or _is_named_tuple(value)
    if "class" not in wanted:
        return True
    names = {_name(base) for base in type(value).__mro__}
    expected = wanted["class"]
    if "builtins.bool" in names:  # an int to Python, but not to people
        return expected in ("builtins.bool", "builtins.object")
    return bool(names & {expected, *_ALSO.get(expected, ())})


def _item_mismatch(value: Any, wanted: Json) -> str:
    if "fields_of" in wanted:
        kinds = wanted["fields_of"]
        if len(value) != len(kinds):
            return f"has {len(value)} items, not {len(kinds)}"
        return _first(zip(value, kinds, strict=True))
    if isinstance(value, Mapping):
        keys, items = wanted.get("keys") or {}, wanted.get("items") or {}
        bad_key = _first((key, keys) for key in _some(value))
        return bad_key or _first((item, items) for item in _some(value.values()))
    kind = wanted.get("items")
    return _first((item, kind) for item in _some(value)) if kind else ""


def _some(values: Iterable[Any]) -> Iterable[Any]:
    return (value for value, _ in zip(values, range(MAX_ITEMS), strict=False))


def _first(pairs: Iterable[tuple[Any, Json]]) -> str:
    problems = (mismatch(item, kind) for item, kind in pairs)
    problem = next(filter(None, problems), "")
    return problem and f"contains a value that {problem}"


def _field_mismatch(value: Any, wanted: Json) -> str:
    fields = value._asdict() if _is_named_tuple(value) else value
    fields = vars(fields) if isinstance(fields, types.SimpleNamespace) else fields
    for name in wanted["required"]:
        if name not in fields:
            return f"has no {name!r}"
    for name, kind in wanted["fields"].items():
        if name in fields and (problem := mismatch(fields[name], kind)):
            return f"has a {name!r} that {problem}"
    return ""


def _is_named_tuple(value: object) -> bool:
    """Whether it is one by its class: an object may have a field of any name."""
    return isinstance(value, tuple) and hasattr(type(value), "_asdict")
