"""What changes in an array: its shape, its type, and the first changed elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from graph_agent.results.changes.equality import differs
from graph_agent.results.changes.library_tables import Column
from graph_agent.results.changes.records import MAX_CELLS_SHOWN, CellChange, Kind, ValueChange
from graph_agent.summaries.parts import short_repr, type_name

MAX_ELEMENTS = 1_000_000
"""Elements of each array that are read; of larger ones, evenly spaced ones."""
_MAX_HEAD_CHARS = 200


def compare_arrays(name: str, new: Any, old: Any | None) -> ValueChange:
    """Describe a numpy array, and how it differs from the old one, if there is one."""
    shape = "×".join(map(str, new.shape)) or "single value"
    first = short_repr(new.ravel()[:5].tolist(), _MAX_HEAD_CHARS)
    headline = f"{type_name(new)} {new.dtype}, {shape}, begins with {first}"
    if old is None:
        return ValueChange(name, "new", headline)
    facts = []
    if old.dtype != new.dtype:
        facts.append(f"type: {old.dtype} → {new.dtype}")
    if old.shape != new.shape:
        facts.append(f"shape: {old.shape} → {new.shape}")
        return ValueChange(name, "changed", headline, facts)
    places = _sample(new.size)
    before, now = _column(old, places), _column(new, places)
    found = places[np.flatnonzero(differs(before, now))]
    if len(found):
        facts.append(f"elements: {len(found):,} changed")
    nulls = int(before.null.sum()), int(now.null.sum())
    if nulls[0] != nulls[1]:
        facts.append(f"missing elements: {nulls[0]:,} → {nulls[1]:,}")
    cells = [_cell(old, new, int(place)) for place in found[:MAX_CELLS_SHOWN]]
    kind: Kind = "changed" if facts else "unchanged"
    return ValueChange(name, kind, headline, facts, cells=cells, sampled=_sampled(places, new))


def _column(array: Any, places: Any) -> Column:
    values = array.reshape(-1)[places]
    null = np.isnan(values) if values.dtype.kind in "fc" else np.zeros(len(values), dtype=bool)
    return Column(values, np.isnat(values) if values.dtype.kind in "mM" else null)


def _sample(size: int) -> Any:
    if size <= MAX_ELEMENTS:
        return np.arange(size)
    return np.linspace(0, size - 1, MAX_ELEMENTS).astype(np.int64)


def _sampled(places: Any, array: Any) -> str:
    if len(places) == array.size:
        return ""
    return f"Sampled: {len(places):,} of {array.size:,} elements were read, evenly spaced."


def _cell(old: Any, new: Any, place: int) -> CellChange:
    at = np.unravel_index(place, new.shape)
    where = f"[{', '.join(str(int(number)) for number in at)}]"
    return CellChange(where, short_repr(old[at]), short_repr(new[at]))
