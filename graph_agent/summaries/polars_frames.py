"""polars: DataFrame, Series, and LazyFrame, which is never evaluated."""

from __future__ import annotations

import sys
from typing import Any

from graph_agent.summaries.parts import Description, View, short_repr, truncate, type_name
from graph_agent.summaries.tables import Column, describe_column, describe_table

_MAX_FIELDS = 8


class _PolarsColumn(Column):
    @property
    def numeric(self) -> bool:
        return bool(self.values.dtype.is_numeric())

    def first(self, n_rows: int) -> Column:
        return _PolarsColumn(self.values.head(n_rows))

    def to_list(self) -> list[object]:
        return list(self.values.to_list())

    def n_missing(self) -> int:
        return int(self.values.null_count())

    def unique(self) -> Column | None:
        import polars as pl

        if self.values.dtype.is_nested() or self.values.dtype == pl.Object:
            return None
        return _PolarsColumn(self.values.drop_nulls().unique(maintain_order=True))

    def min_max_mean(self) -> tuple[object, object, object]:
        return self.values.min(), self.values.max(), self.values.mean()


def describe_polars(value: object, view: View) -> Description | None:
    """Describe a polars object; return None for anything else."""
    if "polars" not in sys.modules:
        return None
    import polars as pl

    kind = type(value)
    values: Any = value
    if issubclass(kind, pl.DataFrame):
        schema = list(zip(values.columns, map(_dtype, values.dtypes), strict=True))
        return describe_table(
            values, values.height, schema, lambda at: _PolarsColumn(values.to_series(at)), view
        )
    if issubclass(kind, pl.Series):
        names = [values.name] if values.name else []
        column = _PolarsColumn(values)
        return describe_column(values, column, _dtype(values.dtype), view, names=names)
    if issubclass(kind, pl.LazyFrame):
        return Description(f"{type_name(value)}, not evaluated; .collect() makes a DataFrame", [])
    return None


def _dtype(dtype: Any) -> str:
    """Name a dtype, without the categories of an Enum, which are data."""
    import polars as pl

    if isinstance(dtype, pl.Enum):
        return "Enum"
    if isinstance(dtype, (pl.List, pl.Array)):
        return f"{type(dtype).__name__}({_dtype(dtype.inner)})"
    if isinstance(dtype, pl.Struct):
        fields = [
            f"{short_repr(field.name, 40)}: {_dtype(field.dtype)}"
            for field in dtype.fields[:_MAX_FIELDS]
        ]
        more = ", …" if len(dtype.fields) > _MAX_FIELDS else ""
        return f"Struct({', '.join(fields)}{more})"
    return truncate(str(dtype), 80)
