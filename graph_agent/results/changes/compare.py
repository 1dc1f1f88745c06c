"""Compare the values of a run with those they would replace."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from graph_agent.results.changes.records import CellChange, Changes, ValueChange
from graph_agent.summaries.parts import short_repr, type_name
from sandbox.errors import PayloadError, VariableStoreError

_CONTAINERS = (dict, list, tuple, set, frozenset)
_MAX_VALUE_CHARS = 300


def compare_all(
    values: Mapping[str, Any], old: Mapping[str, Any], names: Iterable[str] | None = None
) -> Changes:
    """Compare each value with the old one of its name; ``names`` None: all."""
    return Changes([_read(name, values, old) for name in (values if names is None else names)])


def compare(name: str, new: Any, *old: Any) -> ValueChange:
    """Describe a value, and what accepting it changes if there is an old one.

    Frames, series, arrays and containers are compared in depth, within limits of time and
    memory; the result says what was sampled. Nothing is changed.
    """
    if old and type(old[0]) is not type(new):
        change = _compared(name, new, None)
        fact = f"type: {type_name(old[0])} → {type_name(new)}"
        return ValueChange(
            name, "changed", change.headline, (fact,), change.columns, (), change.head
        )
    if not old:
        return _compared(name, new, None)
    if old[0] is new:
        return ValueChange(name, "unchanged", _compared(name, new, None).headline)
    return _compared(name, new, old[0])


def _read(name: str, values: Mapping[str, Any], old: Mapping[str, Any]) -> ValueChange:
    try:
        value = values[name]
    except (PayloadError, VariableStoreError) as error:
        return ValueChange(name, "unreadable", str(error))
    return compare(name, value, *([old[name]] if name in old else []))


def _compared(name: str, new: Any, old: Any | None) -> ValueChange:
    if (numpy := sys.modules.get("numpy")) is not None:
        from graph_agent.results.changes.library_tables import table_of
        from graph_agent.results.changes.tables import compare_tables

        table = table_of(new)
        if table is not None:
            before = None if old is None else table_of(old)
            return compare_tables(name, new, table, before)
        if isinstance(new, numpy.ndarray):
            from graph_agent.results.changes.arrays import compare_arrays

            return compare_arrays(name, new, old)
    if isinstance(new, _CONTAINERS):
        from graph_agent.results.changes.containers import compare_containers

        return compare_containers(name, new, old)
    return _compare_others(name, new, old)


def _compare_others(name: str, new: Any, old: Any | None) -> ValueChange:
    from graph_agent.results.changes.equality import same

    headline = f"{type_name(new)}: {short_repr(new, _MAX_VALUE_CHARS)}"
    if old is None:
        return ValueChange(name, "new", headline)
    if same(old, new):
        return ValueChange(name, "unchanged", headline)
    cell = CellChange("value", short_repr(old), short_repr(new))
    return ValueChange(name, "changed", headline, cells=(cell,))
