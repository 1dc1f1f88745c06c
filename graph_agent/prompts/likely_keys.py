"""Columns by which two given tables can likely be joined: by their names alone."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from graph_agent.records import Json

__all__ = ["likely_keys"]

_MAX_SHARED = 6
"""Tables that share more columns have the same kind of rows, and are no tables to join."""
_MAX_TABLES = 12
_MAX_COLUMNS = 1000
_MAX_PAIRS = 20


def likely_keys(summaries: Sequence[Json]) -> list[str]:
    """List pairs of columns, such as ``orders['city_id'] and cities['id']``.

    Only the first tables, columns and pairs count, so that wide data takes no time.
    """
    tables = [
        (str(summary["name"]), dict.fromkeys(summary["columns"][:_MAX_COLUMNS]))
        for summary in summaries
        if summary.get("columns")
    ]
    pairs = (
        f"{left}[{first!r}] and {right}[{second!r}]"
        for (left, ours), (right, theirs) in itertools.combinations(tables[:_MAX_TABLES], 2)
        for first, second in _pairs(left, ours, right, theirs)
    )
    return list(itertools.islice(pairs, _MAX_PAIRS))


def _pairs(
    left: str, ours: Collection[str], right: str, theirs: Collection[str]
) -> Iterator[tuple[str, str]]:
    shared = [column for column in ours if column in theirs]
    if len(shared) <= _MAX_SHARED:
        yield from ((column, column) for column in shared if column.lower() not in ("id", "name"))
    yield from _references(ours, right, theirs)
    yield from ((first, second) for second, first in _references(theirs, left, ours))


def _references(
    owner: Collection[str], name: str, target: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield columns such as ``city_id`` for the ``id`` of a table ``cities`` or ``city``."""
    ids = [column for column in target if column.lower() == "id"]
    if not ids:
        return
    for column in owner:
        stem = column.lower().removesuffix("id").rstrip("_ ")
        names = (stem, f"{stem}s", f"{stem.removesuffix('y')}ies")
        if stem and column.lower().endswith("id") and name.lower() in names:
            yield column, ids[0]
