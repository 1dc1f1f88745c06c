"""pyarrow: Table, RecordBatch, Array and ChunkedArray."""

from __future__ import annotations

import sys
from typing import Any

from graph_agent.summaries.parts import Description, View, truncate
from graph_agent.summaries.tables import Column, describe_column, describe_table


class _ArrowColumn(Column):
    @property
    def numeric(self) -> bool:
        import pyarrow as pa

        dtype = self.values.type
        return bool(pa.types.is_integer(dtype) or pa.types.is_floating(dtype))

    def first(self, n_rows: int) -> Column:
        return _ArrowColumn(self.values.slice(0, n_rows))

    def to_list(self) -> list[object]:
        return list(self.values.to_pylist())

    def n_missing(self) -> int:
        return int(self.values.null_count)

    def unique(self) -> Column | None:
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            return _ArrowColumn(pc.unique(self.values.drop_null()))
        except pa.ArrowNotImplementedError:  # nested types
            return None

    def min_max_mean(self) -> tuple[object, object, object]:
        import pyarrow.compute as pc

        limits = pc.min_max(self.values).as_py()
        return limits["min"], limits["max"], pc.mean(self.values).as_py()


def describe_arrow(value: object, view: View) -> Description | None:
    """Describe a pyarrow object; return None for anything else."""
    if "pyarrow" not in sys.modules:
        return None
    import pyarrow as pa

    kind = type(value)
    values: Any = value
    if issubclass(kind, (pa.Table, pa.RecordBatch)):
        schema = [(field.name, truncate(str(field.type), 80)) for field in values.schema]
        return describe_table(
            values, values.num_rows, schema, lambda at: _ArrowColumn(values.column(at)), view
        )
    if issubclass(kind, (pa.Array, pa.ChunkedArray)):
        dtype = truncate(str(values.type), 80)
        return describe_column(values, _ArrowColumn(values), dtype, view)
    return None
