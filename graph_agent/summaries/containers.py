"""Builtin containers: lists, tuples, sets, dicts and deques."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from graph_agent.summaries.parts import (
    Description,
    View,
    join_first,
    quantity,
    short_repr,
    truncate,
    type_name,
)

_MAX_TYPED_ITEMS = 10_000
_HEAD_ITEMS = 5
_MAX_KEYS = 20
_MAX_NAMING_KEYS = 50
"""The keys of a larger mapping count as data, not as names."""
_MAX_KEY_CHARS = 40
_MAX_DEPTH = 2


def describe_container(value: object, view: View) -> Description | None:
    """Describe a builtin container or derived one; return None for anything else."""
    kind: Any = type(value)
    if issubclass(kind, dict):
        return _describe_dict(value, view)
    bases: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
    for base in bases:
        if issubclass(kind, base):
            # Call the base class's methods, because overridden ones may do anything.
            size, items = base.__len__(value), base.__iter__(value)
            if base is tuple and isinstance(getattr(kind, "_fields", None), tuple):
                return _describe_named_tuple(value, view)
            return _describe_items(value, size, items, view)
    return None


def _describe_items(value: object, size: int, items: Iterable[object], view: View) -> Description:
    headline = f"{type_name(value)} of {quantity(size, 'item')}"
    seen = list(islice(items, _MAX_TYPED_ITEMS))
    types = Counter(type_name(item) for item in seen)
    if not seen:
        return Description(headline, [])
    if len(types) == 1:
        headline += f", all {next(iter(types))}"
    else:
        headline += f": {join_first((f'{n:,} {t}' for t, n in types.most_common()), 8)}"
    if len(seen) < size:
        headline += f" (among the first {len(seen):,})"
    return Description(headline, _inner_lines(seen[:_HEAD_ITEMS], size, view))


def _inner_lines(items: list[object], size: int, view: View) -> list[str]:
    """Show the first items: values if allowed, otherwise descriptions."""
    if view.depth >= _MAX_DEPTH:
        return []
    if view.sample and all(_is_simple(item) for item in items):
        shown = [short_repr(item, 100) for item in items]
        return [f"first items: {join_first(shown, _HEAD_ITEMS, total=size)}"]
    lines = []
    for number, item in enumerate(items[:3]):
        if not _is_simple(item):
            lines.extend(_child(f"[{number}]", item, view))
    return lines


def _child(label: str, item: object, view: View) -> list[str]:
    inner = view.inside(item)
    deeper = inner.lines if view.depth + 1 < _MAX_DEPTH else []
    return [f"{label}: {truncate(inner.headline, 300)}", *(f"  {line}" for line in deeper)]


def _is_simple(item: object) -> bool:
    return type(item) in (str, bytes, int, float, complex, bool, type(None))


def _children(pairs: Iterable[tuple[str, object]], total: int, noun: str, view: View) -> list[str]:
    """Describe the first labeled items and count the others."""
    shown = list(islice(pairs, _MAX_KEYS))
    lines = [line for label, item in shown for line in _child(label, item, view)]
    rest = total - len(shown)
    return [*lines, f"… {quantity(rest, f'more {noun}')}"] if rest else lines


def _describe_named_tuple(value: Any, view: View) -> Description:
    fields = [str(name) for name in type(value)._fields]
    headline = f"{type_name(value)}, a named tuple of {quantity(len(fields), 'field')}"
    if view.depth >= _MAX_DEPTH:
        return Description(headline, [])
    labels = (f".{name}" for name in fields)
    pairs = zip(labels, tuple.__iter__(value), strict=False)
    return Description(headline, _children(pairs, len(fields), "field", view))


def _describe_dict(value: Any, view: View) -> Description:
    size = dict.__len__(value)
    headline = f"{type_name(value)} of {quantity(size, 'key')}"
    if not size:
        return Description(headline, [])
    seen = list(islice(dict.items(value), _MAX_TYPED_ITEMS))
    keys, values = (_type_counts(part) for part in zip(*seen, strict=True))
    among = f" (among the first {len(seen):,})" if len(seen) < size else ""
    headline += f": {keys} → {values}{among}"
    if view.depth >= _MAX_DEPTH:
        return Description(headline, [])
    pairs = (
        (f"[{short_repr(key, _MAX_KEY_CHARS)}]", item)
        for key, item in seen
        if view.sample or _is_name(key, value)
    )
    return Description(headline, _children(pairs, size, "key", view))


def _type_counts(items: Iterable[object]) -> str:
    types = Counter(type_name(item) for item in items)
    return join_first((t for t, _ in types.most_common()), 4)


def _is_name(key: object, mapping: Collection[object]) -> bool:
    """Guess whether a key is the name of a field and not data."""
    return (
        type(key) is str
        and key.isidentifier()
        and len(key) <= _MAX_KEY_CHARS
        and dict.__len__(mapping) <= _MAX_NAMING_KEYS  # type: ignore[arg-type]  # a dict
        and not issubclass(type(mapping), Counter)
    )
