"""pyarrow: Table, RecordBatch, Array and ChunkedArray."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from graph_agent.summaries.record import Description, View
from graph_agent.summaries.tables import (
    HEAD_ROWS,
    Column,
    column_stats,
    describe_table,
    number_stats,
    stats_rows,
    unique_text,
)
from graph_agent.summaries.text import clip, count, short_repr, type_name

__all__ = ["describe_arrow"]


def describe_arrow(value: object, view: View) -> Description | None:
    """Describe a pyarrow object, None if it is none."""
    if "pyarrow" not in sys.modules:
        return None
    import pyarrow as pa

    kind = type(value)
    if issubclass(kind, (pa.Table, pa.RecordBatch)):
        return _describe_table(value, view)
    if issubclass(kind, (pa.Array, pa.ChunkedArray)):
        return _describe_array(value, view)
    return None


def _describe_table(table: Any, view: View) -> Description:
    n_rows, n_columns = table.num_rows, table.num_columns
    headline = f"{type_name(table)}, {count(n_rows, 'row')} × {count(n_columns, 'column')}"
    schema = [(short_repr(field.name, 80), clip(str(field.type), 80)) for field in table.schema]
    rows = stats_rows(n_rows, n_columns)

    def columns() -> Iterator[Column]:
        for position, (label, dtype) in enumerate(schema):
            column = table.column(position).slice(0, rows)
            yield Column(label, dtype, _stats(column, view), _head(column, view))

    return describe_table(headline, schema, columns(), view, n_rows=n_rows)


def _describe_array(array: Any, view: View) -> Description:
    dtype = clip(str(array.type), 80)
    headline = f"{type_name(array)}, {count(len(array), 'value')} of {dtype}"
    if view.depth:
        return Description(headline, [])
    part = array.slice(0, stats_rows(len(array), 1))
    lines = [stats] if (stats := _stats(part, view)) else []
    if lines and len(part) < len(array):
        lines.append(f"(aggregates are of the first {len(part):,} values)")
    if view.sample and len(array):
        lines.append(f"first values: {', '.join(short_repr(v, 80) for v in _head(part, view))}")
    return Description(headline, lines)


def _stats(column: Any, view: View) -> str:
    return column_stats(lambda: _aggregates(column, view)) if view.stats else ""


def _aggregates(column: Any, view: View) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    present = len(column) - column.null_count
    yield f"{column.null_count:,} missing"
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    try:
        distinct = pc.unique(column.drop_null())
    except pa.ArrowNotImplementedError:  # nested types: nothing to count
        return
    quoted = view.sample and not numeric
    yield unique_text(len(distinct), distinct.to_pylist if quoted else None)
    if numeric and present and view.quotable(present, len(distinct)):
        limits = pc.min_max(column).as_py()
        yield number_stats(limits["min"], limits["max"], pc.mean(column).as_py())


def _head(column: Any, view: View) -> tuple[object, ...]:
    return tuple(column.slice(0, HEAD_ROWS).to_pylist()) if view.sample else ()
