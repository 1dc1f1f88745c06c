"""Whether a returned value is empty, or has only missing values."""

from __future__ import annotations

import decimal
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal

import numpy as np

__all__ = ["Blank", "blank_value"]

Blank = Literal["empty", "all_missing"]
_Look = Blank | Literal["other"] | None
_BUILTIN = {int, float, complex, bool, str, bytes, list, tuple, dict, set, type(None)}


def blank_value(value: object) -> Blank | None:
    """Return whether a value has no elements, or only missing ones: NaN, NaT, NA, None, null.

    Text and bytes never count as blank, nor do containers of containers. Never raises.
    """
    try:
        if type(value) in _BUILTIN:
            return _plain(value)
        for look in (_numpy, _pandas, _polars, _arrow, _plain):
            found = look(value)
            if found != "other":
                return found
    except Exception:  # a check of a value must not fail the run
        return None
    return None


def _found(size: int, missing: Callable[[], bool]) -> Blank | None:
    if not size:
        return "empty"
    return "all_missing" if missing() else None


def _pandas(value: Any) -> _Look:
    if "pandas" not in sys.modules:
        return "other"
    import pandas as pd

    if value is pd.NaT or value is pd.NA:
        return "all_missing"
    if isinstance(value, pd.DataFrame):
        # Column by column: the first one with a value ends the check.
        columns = (value.iloc[:, at] for at in range(value.shape[1]))
        return _found(value.size, lambda: all(bool(column.isna().all()) for column in columns))
    if isinstance(value, pd.MultiIndex):
        return None if len(value) else "empty"
    if isinstance(value, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        return _found(len(value), lambda: bool(value.isna().all()))
    return "other"


def _polars(value: Any) -> _Look:
    if "polars" not in sys.modules:
        return "other"
    import polars as pl

    if isinstance(value, pl.DataFrame):
        size = value.height * value.width
        return _found(size, lambda: all(_polars_missing(column) for column in value.iter_columns()))
    if isinstance(value, pl.Series):
        return _found(len(value), lambda: _polars_missing(value))
    return "other"


def _polars_missing(column: Any) -> bool:
    if column.dtype.is_float():
        column = column.fill_nan(None)
    return bool(column.null_count() == len(column))


def _arrow(value: Any) -> _Look:
    if "pyarrow" not in sys.modules:
        return "other"
    import pyarrow as pa

    if isinstance(value, (pa.Table, pa.RecordBatch)):
        size = value.num_rows * value.num_columns
        return _found(size, lambda: all(_arrow_missing(column) for column in value.columns))
    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return _found(len(value), lambda: _arrow_missing(value))
    return "other"


def _arrow_missing(column: Any) -> bool:
    if column.null_count == len(column):
        return True
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return False
    return bool(pc.all(pc.is_null(column, nan_is_null=True)).as_py())


def _numpy(value: Any) -> _Look:
    if not isinstance(value, (np.ndarray, np.generic)):
        return "other"
    if isinstance(value, np.ma.MaskedArray):
        return _found(value.size, lambda: bool(np.all(np.ma.getmaskarray(value))))
    if value.dtype.kind in "fcmM":
        test = np.isnat if value.dtype.kind in "mM" else np.isnan
        return _found(value.size, lambda: bool(test(value).all()))
    if value.dtype.kind == "O":
        return _found(value.size, lambda: _all_missing(value.flat))
    return None if value.size else "empty"


def _plain(value: Any) -> Blank | None:
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return None
    if isinstance(value, dict):
        return _found(len(value), lambda: _all_missing(value.values()))
    if isinstance(value, Collection):
        return _found(len(value), lambda: _all_missing(value))
    return "all_missing" if _is_missing(value) else None


def _all_missing(values: Iterable[object]) -> bool:
    return all(_is_missing(value) for value in values)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (float, complex, np.floating)):
        return bool(value != value)  # only NaN differs from itself
    if isinstance(value, decimal.Decimal):
        return value.is_nan()
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    pandas = sys.modules.get("pandas")
    return pandas is not None and (value is pandas.NaT or value is pandas.NA)
