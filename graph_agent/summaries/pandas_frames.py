"""pandas: DataFrame, Series, Index and what derives from them."""

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
from graph_agent.summaries.text import clip, count, listing, short_repr, type_name

__all__ = ["describe_pandas"]


def describe_pandas(value: object, view: View) -> Description | None:
    """Describe a pandas object, None if it is none."""
    if "pandas" not in sys.modules:
        return None
    import pandas as pd

    kind = type(value)
    if issubclass(kind, pd.DataFrame):
        return _describe_frame(value, view)
    if issubclass(kind, pd.Series):
        return _describe_series(value, view)
    if issubclass(kind, pd.MultiIndex):
        return _describe_multi_index(value, view)
    if issubclass(kind, (pd.Index, pd.api.extensions.ExtensionArray)):
        return _describe_values(value, view)
    return None


def _describe_frame(frame: Any, view: View) -> Description:
    n_rows, n_columns = frame.shape
    headline = f"{type_name(frame)}, {count(n_rows, 'row')} × {count(n_columns, 'column')}"
    labels = [_label(label) for label in frame.columns]
    dtypes = [_dtype(dtype) for dtype in frame.dtypes]
    schema = list(zip(labels, dtypes, strict=True))
    rows = stats_rows(n_rows, n_columns)

    def columns() -> Iterator[Column]:
        for position, (label, dtype) in enumerate(schema):
            # By position: labels may repeat.
            column = frame.iloc[:rows, position]
            yield Column(label, dtype, _stats(column, view), _head(column, view))

    notes = [f"index: {_index(frame.index)}"]
    if frame.columns.nlevels > 1:
        notes.append(f"columns are a MultiIndex named {short_repr(list(frame.columns.names))}")
    return describe_table(headline, schema, columns(), view, n_rows=n_rows, notes=notes)


def _describe_series(series: Any, view: View) -> Description:
    headline = f"{type_name(series)}, {count(len(series), 'value')} of {_dtype(series.dtype)}"
    if series.name is not None:
        headline += f", named {_label(series.name)}"
    if view.depth:
        return Description(headline, [])
    part = series.iloc[: stats_rows(len(series), 1)]
    lines = [f"index: {_index(series.index)}", *_value_lines(part, len(series), view)]
    if view.sample and len(series):
        index = listing((short_repr(label, 30) for label in series.index[:HEAD_ROWS]), HEAD_ROWS)
        lines.append(f"their index labels: {index}")
    return Description(headline, lines)


def _describe_multi_index(index: Any, view: View) -> Description:
    headline = f"{type_name(index)}, {count(len(index), 'value')} of {_index(index)}"
    if view.depth or not view.sample or not len(index):
        return Description(headline, [])
    shown = [short_repr(label, 80) for label in index[:HEAD_ROWS].tolist()]
    return Description(headline, [f"first values: {', '.join(shown)}"])


def _describe_values(values: Any, view: View) -> Description:
    """Describe an Index or an extension array."""
    headline = f"{type_name(values)}, {count(len(values), 'value')} of {_dtype(values.dtype)}"
    if view.depth:
        return Description(headline, [])
    import pandas as pd

    part = pd.Series(values[: stats_rows(len(values), 1)])
    names = [n for n in getattr(values, "names", ()) if n is not None]
    named = [f"named {listing(map(_label, names), 10)}"] if names else []
    return Description(headline, [*named, *_value_lines(part, len(values), view)])


def _value_lines(part: Any, total: int, view: View) -> list[str]:
    lines = [stats] if (stats := _stats(part, view)) else []
    if lines and len(part) < total:
        lines.append(f"(aggregates are of the first {len(part):,} values)")
    head = _head(part, view)
    if head:
        lines.append(f"first values: {', '.join(short_repr(cell, 80) for cell in head)}")
    return lines


def _label(label: object) -> str:
    return short_repr(label, 80)


def _dtype(dtype: object) -> str:
    """Name a dtype; the fill value in a sparse one's name is left out, being data."""
    import pandas as pd

    if isinstance(dtype, pd.SparseDtype):
        return f"Sparse[{dtype.subtype}]"
    return clip(str(dtype), 80)


def _index(index: Any) -> str:
    """Describe a row index by kind, length, dtype and names."""
    named = [name for name in index.names if name is not None]
    names = f" named {listing(map(_label, named), 10)}" if named else ""
    if index.nlevels > 1:
        return f"MultiIndex of {count(index.nlevels, 'level')}{names}"
    return f"{type(index).__name__} of {_dtype(index.dtype)}{names}"


def _stats(column: Any, view: View) -> str:
    """Count what is missing and distinct; for numbers, minimum, maximum and mean."""
    return column_stats(lambda: _aggregates(column, view)) if view.stats else ""


def _aggregates(column: Any, view: View) -> Iterator[str]:
    import numpy as np

    missing = int(column.isna().sum())
    yield f"{missing:,} missing"
    numeric = column.dtype.kind in "iuf"
    try:
        n_unique = int(column.nunique())
    except TypeError:  # unhashable cells, such as lists: nothing to count
        return
    quoted = view.sample and not numeric
    yield unique_text(n_unique, (lambda: column.dropna().unique().tolist()) if quoted else None)
    present = len(column) - missing
    if numeric and present and view.quotable(present, n_unique):
        # Infinities make numpy warn, and a warning may be an error here.
        with np.errstate(all="ignore"):
            low, high, mean = column.min(), column.max(), float(column.mean())
        yield number_stats(_plain(low), _plain(high), mean)


def _plain(number: Any) -> object:
    return number.item() if hasattr(number, "item") else number


def _head(column: Any, view: View) -> tuple[object, ...]:
    return tuple(column.iloc[:HEAD_ROWS].tolist()) if view.sample else ()
