"""The names of a table's columns, which every privacy level may tell."""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any

__all__ = ["column_names"]

_MAX_COLUMNS = 2_000
_MAX_NAME_CHARS = 200


def column_names(value: object) -> list[str]:
    """List the columns of a pandas, polars or pyarrow table whose names are printable strings.

    At most 2,000, of at most 200 characters each; of any other value, and of one
    that does not tell, none.
    """
    try:
        labels = list(islice(_labels(value), _MAX_COLUMNS))
    except (Exception, SystemExit):  # a value may do anything
        return []
    return [
        str(label)
        for label in labels
        if isinstance(label, str) and 0 < len(label) <= _MAX_NAME_CHARS and label.isprintable()
    ]


def _labels(value: Any) -> Any:
    kind = type(value)
    if "pandas" in sys.modules:
        import pandas as pd

        if issubclass(kind, pd.DataFrame):
            return value.columns
    if "polars" in sys.modules:
        import polars as pl

        if issubclass(kind, pl.DataFrame):
            return value.columns
    if "pyarrow" in sys.modules:
        import pyarrow as pa

        if issubclass(kind, (pa.Table, pa.RecordBatch)):
            return value.schema.names
    return ()
