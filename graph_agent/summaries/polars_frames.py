"""polars: DataFrame, Series, and LazyFrame, which is never evaluated."""

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

__all__ = ["describe_polars"]

_MAX_FIELDS = 8


def describe_polars(value: object, view: View) -> Description | None:
    """Describe a polars object, None if it is none."""
    if "polars" not in sys.modules:
        return None
    import polars as pl

    kind = type(value)
    if issubclass(kind, pl.DataFrame):
        return _describe_frame(value, view)
    if issubclass(kind, pl.Series):
        return _describe_series(value, view)
    if issubclass(kind, pl.LazyFrame):
        return Description(f"{type_name(value)}, not evaluated; .collect() makes a DataFrame", [])
    return None


def _describe_frame(frame: Any, view: View) -> Description:
    n_rows, n_columns = frame.shape
    headline = f"{type_name(frame)}, {count(n_rows, 'row')} × {count(n_columns, 'column')}"
    schema = [
        (short_repr(name, 80), _dtype(dtype))
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    ]
    rows = stats_rows(n_rows, n_columns)

    def columns() -> Iterator[Column]:
        for position, (label, dtype) in enumerate(schema):
            column = frame.to_series(position).head(rows)
            yield Column(label, dtype, _stats(column, view), _head(column, view))

    return describe_table(headline, schema, columns(), view, n_rows=n_rows)


def _describe_series(series: Any, view: View) -> Description:
    headline = f"{type_name(series)}, {count(len(series), 'value')} of {_dtype(series.dtype)}"
    if series.name:
        headline += f", named {short_repr(series.name, 80)}"
    if view.depth:
        return Description(headline, [])
    part = series.head(stats_rows(len(series), 1))
    lines = [stats] if (stats := _stats(part, view)) else []
    if lines and len(part) < len(series):
        lines.append(f"(aggregates are of the first {len(part):,} values)")
    if view.sample and len(series):
        lines.append(f"first values: {', '.join(short_repr(v, 80) for v in _head(part, view))}")
    return Description(headline, lines)


def _dtype(dtype: Any) -> str:
    """Name a dtype without the categories of an Enum, which are data."""
    import polars as pl

    if isinstance(dtype, pl.Enum):
        return "Enum"
    if isinstance(dtype, (pl.List, pl.Array)):
        return f"{type(dtype).__name__}({_dtype(dtype.inner)})"
    if isinstance(dtype, pl.Struct):
        fields = [
            f"{short_repr(f.name, 40)}: {_dtype(f.dtype)}" for f in dtype.fields[:_MAX_FIELDS]
        ]
        more = ", …" if len(dtype.fields) > _MAX_FIELDS else ""
        return f"Struct({', '.join(fields)}{more})"
    return clip(str(dtype), 80)


def _stats(column: Any, view: View) -> str:
    return column_stats(lambda: _aggregates(column, view)) if view.stats else ""


def _aggregates(column: Any, view: View) -> Iterator[str]:
    import polars as pl

    present = len(column) - column.null_count()
    yield f"{column.null_count():,} missing"
    if column.dtype.is_nested() or column.dtype == pl.Object:
        return  # nothing to count
    distinct = column.drop_nulls().unique(maintain_order=True)
    if not column.dtype.is_numeric():
        yield unique_text(len(distinct), distinct.to_list if view.sample else None)
        return
    yield unique_text(len(distinct))
    if present and view.quotable(present, len(distinct)):
        yield number_stats(column.min(), column.max(), column.mean())


def _head(column: Any, view: View) -> tuple[object, ...]:
    return tuple(column.head(HEAD_ROWS).to_list()) if view.sample else ()
