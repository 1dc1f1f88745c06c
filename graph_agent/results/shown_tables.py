"""The first rows and columns of a table, with short texts in place of what may be endless.

pandas prints names, labels and nested values in full, and raises for some of them. So it only
gets texts that are already short.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from graph_agent.summaries.parts import short_repr, truncate
from sandbox.terminal_text import escape_control_chars

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "table_html", "table_text"]

MAX_ROWS = 20
MAX_COLUMNS = 20
MAX_CELL_CHARS = 40
MAX_TEXT_CHARS = 50_000
_NUMBERS = "biufcmM"
"""NumPy's kinds whose texts are short: pandas aligns and rounds them."""


def table_library(value: Any) -> str | None:
    """Name the library of a frame or series; None for anything else."""
    library = type(value).__module__.partition(".")[0]
    is_table = type(value).__name__ in ("DataFrame", "Series") and library in ("pandas", "polars")
    return library if is_table else None


def table_text(value: Any) -> str | None:
    """Show the first rows of a table as text; None for anything else, or what can't be shown."""
    library = table_library(value)
    try:
        if library == "polars":
            return truncate(str(value.head(MAX_ROWS)), MAX_TEXT_CHARS)
        if library is None:
            return None
        limits = {"max_cols": MAX_COLUMNS} if value.ndim == 2 else {}
        text = truncate(str(_first_rows(value).to_string(**limits)), MAX_TEXT_CHARS)
    except Exception:  # values may be such that a library can't show them
        return None
    left = value.shape[0] - MAX_ROWS
    return text + (f"\n… {left:,} more rows" if left > 0 else "")


def table_html(value: Any) -> str:
    """Show the first rows of pandas' tables; "" for anything else, or what can't be shown."""
    if table_library(value) != "pandas":
        return ""
    try:
        rows = _first_rows(value)
        frame = rows.to_frame() if rows.ndim == 1 else rows
        text = frame.to_html(escape=True, max_cols=MAX_COLUMNS, border=0)
    except Exception:  # values may be such that pandas can't show them
        return ""
    return escape_control_chars(text)


def _first_rows(table: Any) -> Any:
    """Return a small frame or series that is safe to print.

    It has more columns than are shown, so that pandas marks that some are left out.
    """
    import pandas as pd

    head = table.iloc[:MAX_ROWS]
    index = _labels(head.index)
    if head.ndim == 1:
        return pd.Series(_cells(head), index, name=None if head.name is None else _text(head.name))
    count, half = head.shape[1], MAX_COLUMNS // 2 + 1
    chosen = [*range(min(half, count)), *range(max(half, count - half), count)]
    columns = {place: _cells(head.iloc[:, number]) for place, number in enumerate(chosen)}
    frame = pd.DataFrame(columns, index=index)
    frame.columns = _labels(head.columns.take(chosen))
    return frame


def _is_numeric(dtype: Any) -> bool:
    return type(dtype).__module__.startswith("numpy") and dtype.kind in _NUMBERS


def _cells(column: Any) -> Any:
    """Return the values of a column: numbers as they are, all else as short texts."""
    return column.to_numpy() if _is_numeric(column.dtype) else _texts(column.array)


def _labels(index: Any) -> Any:
    """Return an index of short labels."""
    import pandas as pd

    names = [None if name is None else _text(name) for name in index.names]
    if isinstance(index, pd.MultiIndex):
        levels = [_chosen(*pair) for pair in zip(index.levels, index.codes, strict=True)]
        return pd.MultiIndex.from_arrays(levels, names=names)
    if _is_numeric(index.dtype):
        return index.rename(names[0])
    return pd.Index(_texts(index.array), dtype=object, name=names[0])


def _texts(array: Any) -> list[str]:
    import pandas as pd

    if isinstance(array, pd.Categorical):
        return _chosen(array.categories, array.codes)
    return [_text(array[number]) for number in range(len(array))]


def _chosen(values: Any, codes: Sequence[int]) -> list[str]:
    """Return the text for each code: a long value is made into one once, not in each row."""
    texts = {code: _text(values[code]) for code in set(codes) if code >= 0}
    return [texts.get(code, "NaN") for code in codes]


def _text(value: object) -> str:
    import pandas as pd

    if isinstance(value, str):
        return escape_control_chars(truncate(value, MAX_CELL_CHARS))
    if isinstance(value, float) and value != value:
        return "NaN"
    if value is pd.NA or isinstance(value, (pd.Timestamp, pd.Timedelta, pd.Period, Decimal)):
        return truncate(str(value), MAX_CELL_CHARS)
    return short_repr(value, MAX_CELL_CHARS)
