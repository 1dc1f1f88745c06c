"""Columns from values and from Arrow that keep every integer exact.

NumPy has no missing integers: pandas would make them floats, which have 53 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_INT64, _UINT64 = range(-(2**63), 2**63), range(2**64)


def frame_of_records(rows: Sequence[dict[str, Any]]) -> Any:
    """Make a frame from a list of dicts."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    for position, (name, dtype) in enumerate(zip(frame.columns, frame.dtypes, strict=True)):
        if dtype.kind == "f":
            column = column_of([row.get(name) for row in rows])
            if column.dtype != dtype:
                frame.isetitem(position, column)
    return frame


def column_of(values: Sequence[Any]) -> Any:
    """Make a series from Python values; None is a missing one."""
    import pandas as pd

    kinds = {type(value) for value in values}
    kinds.discard(type(None))
    if int not in kinds or not kinds <= {int, float}:
        return pd.Series(values)
    integers = [value for value in values if type(value) is int]
    if kinds == {int, float}:
        exact = all(i in _INT64 and i == float(i) for i in integers)
        return pd.Series(values, dtype="float64" if exact else "object")
    for name, allowed in (("int64", _INT64), ("uint64", _UINT64)):
        if min(integers) in allowed and max(integers) in allowed:
            missing = len(integers) < len(values)
            return pd.Series(values, dtype=nullable(name) if missing else name)
    return pd.Series(values, dtype="object")


def frame_of_table(table: Any) -> Any:
    """Make a frame from an Arrow table."""
    import pandas as pd
    import pyarrow as pa

    frame = table.to_pandas()
    for field, column in zip(table.schema, table.columns, strict=True):
        positions = [i for i, name in enumerate(frame.columns) if name == field.name]
        if len(positions) != 1:  # an index, or a name given twice
            continue
        dtype = frame.dtypes.iloc[positions[0]]
        if pa.types.is_integer(field.type) and dtype.kind == "f":
            dtype = pd.api.types.pandas_dtype(nullable(str(field.type)))
            frame.isetitem(positions[0], pd.Series(dtype.__from_arrow__(column), frame.index))
        elif _has_lists_with_missing_integers(field.type, column):
            values = pd.Series(column.to_pylist(), frame.index, dtype="object")
            frame.isetitem(positions[0], values)
    return frame


def unique_names(header: Sequence[Any]) -> list[Any]:
    """Name columns as pandas does: those without a name, and those with a used one."""
    names: dict[Any, None] = {}
    given_names, counts = set(header), dict[Any, int]()
    for number, given in enumerate(header):
        base = f"Unnamed: {number}" if given in (None, "") else given
        count = counts.get(base, 0)
        name = f"{base}.{count}" if count else base
        while name in names or (count and name in given_names):
            count += 1
            name = f"{base}.{count}"
        counts[base] = count
        names[name] = None
    return list(names)


def nullable(integer_type: str) -> str:
    """Return pandas' name of an integer type that knows missing values."""
    return integer_type.replace("uint", "UInt").replace("int", "Int")


def _has_lists_with_missing_integers(kind: Any, column: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not is_list or not pa.types.is_integer(kind.value_type):
        return False
    return bool(pc.list_flatten(column).null_count)
