"""pandas: DataFrame, Series, Index and classes derived from them."""

from __future__ import annotations

import sys
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
from graph_agent.summaries.tables import HEAD_ROWS, Column, describe_column, describe_table


class _PandasColumn(Column):
    """A Series, Index or array."""

    @property
    def numeric(self) -> bool:
        return self.values.dtype.kind in "iuf"

    def first(self, n_rows: int) -> Column:
        import pandas as pd

        series = isinstance(self.values, pd.Series)
        return _PandasColumn(
            self.values.iloc[:n_rows] if series else pd.Series(self.values[:n_rows])
        )

    def to_list(self) -> list[object]:
        return list(self.values.tolist())

    def n_missing(self) -> int:
        return int(self.values.isna().sum())

    def unique(self) -> Column | None:
        try:
            return _PandasColumn(self.values.dropna().unique())
        except TypeError:  # unhashable cells, such as lists
            return None

    def min_max_mean(self) -> tuple[object, object, object]:
        import numpy as np

        # Infinities make numpy warn, and a warning may be an error here.
        with np.errstate(all="ignore"):
            return self.values.min(), self.values.max(), float(self.values.mean())


def describe_pandas(value: object, view: View) -> Description | None:
    """Describe a pandas object; return None for anything else."""
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
        values: Any = value
        names = [name for name in getattr(values, "names", ()) if name is not None]
        return describe_column(
            values, _PandasColumn(values), _dtype(values.dtype), view, names=names
        )
    return None


def _describe_frame(frame: Any, view: View) -> Description:
    schema = list(zip(frame.columns, map(_dtype, frame.dtypes), strict=True))
    notes = [f"index: {_index(frame.index)}"]
    if frame.columns.nlevels > 1:
        notes.append(f"columns are a MultiIndex named {short_repr(list(frame.columns.names))}")

    def column_at(position: int) -> Column:
        return _PandasColumn(frame.iloc[:, position])  # by position, because labels may repeat

    described = describe_table(frame, frame.shape[0], schema, column_at, view, notes=notes)
    return described._replace(closed=_is_closed(frame))


def _is_closed(frame: Any) -> bool:
    """Whether only the columns have names: a class of the user's may know more."""
    import pandas as pd

    is_named = any(name is not None for name in frame.index.names)
    return type(frame) is pd.DataFrame and frame.columns.nlevels == 1 and not is_named


def _describe_series(series: Any, view: View) -> Description:
    names = [] if series.name is None else [series.name]
    notes = [f"index: {_index(series.index)}"]
    column, dtype = _PandasColumn(series), _dtype(series.dtype)
    description = describe_column(series, column, dtype, view, names=names, notes=notes)
    if view.sample and not view.depth and len(series):
        labels = ", ".join(short_repr(label, 30) for label in series.index[:HEAD_ROWS])
        description.lines.append(f"their index labels: {labels}")
    return description


def _describe_multi_index(index: Any, view: View) -> Description:
    headline = f"{type_name(index)}, {quantity(len(index), 'value')} of {_index(index)}"
    if view.depth or not view.sample or not len(index):
        return Description(headline, [])
    shown = [short_repr(label, 80) for label in index[:HEAD_ROWS].tolist()]
    return Description(headline, [f"first values: {', '.join(shown)}"])


def _dtype(dtype: object) -> str:
    """Name a dtype, without the fill value of a sparse one, which is data."""
    import pandas as pd

    if isinstance(dtype, pd.SparseDtype):
        return f"Sparse[{dtype.subtype}]"
    return truncate(str(dtype), 80)


def _index(index: Any) -> str:
    """Describe a row index by kind, dtype and names."""
    named = [short_repr(name, 80) for name in index.names if name is not None]
    names = f" named {join_first(named, 10)}" if named else ""
    if index.nlevels > 1:
        return f"MultiIndex of {quantity(index.nlevels, 'level')}{names}"
    return f"{type(index).__name__} of {_dtype(index.dtype)}{names}"
