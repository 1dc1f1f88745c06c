"""What changes in a dict, list, tuple or set: items added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from graph_agent.results.changes.equality import same
from graph_agent.results.changes.records import MAX_CELLS_SHOWN, CellChange, ValueChange
from graph_agent.summaries.parts import quantity, short_repr, type_name

MAX_ITEMS = 200_000
"""Items of each container that are read."""
_MAX_HEAD_CHARS = 300
_ABSENT = object()


def compare_containers(name: str, new: Any, old: Any | None) -> ValueChange:
    """Describe a container, and how it differs from the old one of the same kind."""
    size = quantity(len(new), "item")
    headline = f"{type_name(new)} of {size}: {short_repr(new, _MAX_HEAD_CHARS)}"
    if old is None:
        return ValueChange(name, "new", headline)
    if isinstance(new, dict):
        pairs = _by_key(old, new)
    elif isinstance(new, (set, frozenset)):
        pairs = _by_membership(old, new)
    else:
        pairs = _by_place(old, new)
    counts = {"added": 0, "removed": 0, "changed": 0}
    cells: list[CellChange] = []
    for place, before, now in pairs:
        what = "added" if before is _ABSENT else "removed" if now is _ABSENT else "changed"
        counts[what] += 1
        if len(cells) < MAX_CELLS_SHOWN:
            cells.append(CellChange(place, _shown(before), _shown(now)))
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    facts = [f"items: {', '.join(said)}"] if said else []
    longest = max(len(old), len(new))
    sampled = f"Sampled: the first {MAX_ITEMS:,} of {longest:,} items were read."
    return ValueChange(
        name,
        "changed" if facts else "unchanged",
        headline,
        facts,
        cells=cells,
        sampled=sampled if longest > MAX_ITEMS else "",
    )


Difference = tuple[str, object, object]
"""The place, what was there and what will be."""


def _by_key(old: dict[Any, Any], new: dict[Any, Any]) -> Iterator[Difference]:
    for key, value in islice(new.items(), MAX_ITEMS):
        before = old.get(key, _ABSENT)
        if before is _ABSENT or not same(before, value):
            yield f"[{short_repr(key)}]", before, value
    for key, value in islice(old.items(), MAX_ITEMS):
        if key not in new:
            yield f"[{short_repr(key)}]", value, _ABSENT


def _by_membership(old: Any, new: Any) -> Iterator[Difference]:
    yield from (("item", _ABSENT, item) for item in islice(new, MAX_ITEMS) if item not in old)
    yield from (("item", item, _ABSENT) for item in islice(old, MAX_ITEMS) if item not in new)


def _by_place(old: Any, new: Any) -> Iterator[Difference]:
    for place in range(min(max(len(old), len(new)), MAX_ITEMS)):
        before = old[place] if place < len(old) else _ABSENT
        now = new[place] if place < len(new) else _ABSENT
        if before is _ABSENT or now is _ABSENT or not same(before, now):
            yield f"[{place}]", before, now


def _shown(value: object) -> str:
    return "(none)" if value is _ABSENT else short_repr(value)
