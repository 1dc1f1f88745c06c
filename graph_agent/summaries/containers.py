"""Lists, tuples, sets, mappings and other containers of Python's own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from graph_agent.summaries.record import Description, View
from graph_agent.summaries.text import clip, count, listing, short_repr, type_name

__all__ = ["describe_container"]

_MAX_TYPED_ITEMS = 10_000
_HEAD_ITEMS = 5
_MAX_KEYS = 20
_MAX_NAMING_KEYS = 50
"""A mapping with more keys is taken for data, so that its keys are no names."""
_MAX_KEY_CHARS = 40
_MAX_DEPTH = 2


def describe_container(value: object, view: View) -> Description | None:
    """Describe a builtin container or an instance of a class derived from one."""
    kind: Any = type(value)
    if issubclass(kind, dict):
        return _describe_dict(value, view)
    bases: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
    for base in bases:
        if issubclass(kind, base):
            # Through the base class: a derived one may have methods that raise or count.
            size, items = base.__len__(value), base.__iter__(value)
            if base is tuple and isinstance(getattr(kind, "_fields", None), tuple):
                return _describe_named_tuple(value, view)
            return _describe_items(value, size, items, view)
    return None


def _describe_items(value: object, size: int, items: Iterable[object], view: View) -> Description:
    headline = f"{type_name(value)} of {count(size, 'item')}"
    seen = list(islice(items, _MAX_TYPED_ITEMS))
    types = Counter(type_name(item) for item in seen)
    if not seen:
        return Description(headline, [])
    if len(types) == 1:
        headline += f", all {next(iter(types))}"
    else:
        headline += f": {listing((f'{n:,} {t}' for t, n in types.most_common()), 8)}"
    if len(seen) < size:
        headline += f" (among the first {len(seen):,})"
    return Description(headline, _inner_lines(seen[:_HEAD_ITEMS], size, view))


def _inner_lines(items: list[object], size: int, view: View) -> list[str]:
    """Show the first items: their values if they may be told, else what they are."""
    if view.depth >= _MAX_DEPTH:
        return []
    if view.sample and all(_is_simple(item) for item in items):
        shown = [short_repr(item, 100) for item in items]
        return [f"first items: {listing(shown, _HEAD_ITEMS, total=size)}"]
    lines = []
    for number, item in enumerate(items[:3]):
        if not _is_simple(item):
            lines.extend(_child(f"[{number}]", item, view))
    return lines


def _child(label: str, item: object, view: View) -> list[str]:
    inner = view.inside(item)
    deeper = inner.lines if view.depth + 1 < _MAX_DEPTH else []
    return [f"{label}: {clip(inner.headline, 300)}", *(f"  {line}" for line in deeper)]


def _is_simple(item: object) -> bool:
    return type(item) in (str, bytes, int, float, complex, bool, type(None))


def _describe_named_tuple(value: Any, view: View) -> Description:
    fields = [str(name) for name in type(value)._fields]
    headline = f"{type_name(value)}, a named tuple of {count(len(fields), 'field')}"
    if view.depth >= _MAX_DEPTH:
        return Description(headline, [])
    lines: list[str] = []
    pairs = zip(fields, tuple.__iter__(value), strict=False)
    for name, item in islice(pairs, _MAX_KEYS):
        lines.extend(_child(f".{name}", item, view))
    if len(fields) > _MAX_KEYS:
        lines.append(f"… {len(fields) - _MAX_KEYS:,} more fields")
    return Description(headline, lines)


def _describe_dict(value: Any, view: View) -> Description:
    size = dict.__len__(value)
    headline = f"{type_name(value)} of {count(size, 'key')}"
    if not size:
        return Description(headline, [])
    seen = list(islice(dict.items(value), _MAX_TYPED_ITEMS))
    keys = _type_counts(key for key, _ in seen)
    values = _type_counts(item for _, item in seen)
    among = f" (among the first {len(seen):,})" if len(seen) < size else ""
    headline += f": {keys} → {values}{among}"
    if view.depth >= _MAX_DEPTH:
        return Description(headline, [])
    named = [(key, item) for key, item in seen if view.sample or _is_name(key, value)]
    lines: list[str] = []
    for key, item in named[:_MAX_KEYS]:
        lines.extend(_child(f"[{short_repr(key, _MAX_KEY_CHARS)}]", item, view))
    rest = size - len(named[:_MAX_KEYS])
    if rest:
        lines.append(f"… {count(rest, 'more key')}")
    return Description(headline, lines)


def _type_counts(items: Iterable[object]) -> str:
    types = Counter(type_name(item) for item in items)
    return listing((t for t, _ in types.most_common()), 4)


def _is_name(key: object, mapping: Collection[object]) -> bool:
    """Tell a key that names a field from one that is data, as far as one can tell."""
    return (
        type(key) is str
        and key.isidentifier()
        and len(key) <= _MAX_KEY_CHARS
        and dict.__len__(mapping) <= _MAX_NAMING_KEYS  # type: ignore[arg-type]  # a dict
        and not issubclass(type(mapping), Counter)
    )
