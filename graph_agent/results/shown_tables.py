"""The first rows and columns of a table, with short texts in place of what may be endless.

pandas prints names, labels and nested values in full, and raises for some of them. So it only
gets texts that are already short.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from graph_agent.results.markdown import sentence
from graph_agent.summaries.parts import short_repr, truncate
from sandbox.terminal_text import escape_control_chars

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "table_html", "table_markdown", "table_text"]

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


def table_markdown(value: Any) -> str | None:
    """Show the first rows of a table in Markdown; None for anything else, or what can't be shown.

    It has as many characters as :func:`table_text` at most: whole rows are left out.
    """
    library = table_library(value)
    if library is None:
        return None
    try:
        head, *rows = _polars_rows(value) if library == "polars" else _pandas_rows(value)
    except Exception:  # values may be such that a library can't show them
        return None
    lines = [_markdown_row(head), _markdown_row(["---"] * len(head), escaped=False)]
    shown, chars = 0, sum(map(len, lines))
    for row in rows:
        line = _markdown_row(row)
        chars += len(line)
        if chars > MAX_TEXT_CHARS:
            break
        lines.append(line)
        shown += 1
    left = value.shape[0] - shown
    return "\n".join(lines) + (f"\n\n… {left:,} more rows" if left > 0 else "")


def _markdown_row(cells: Sequence[str], *, escaped: bool = True) -> str:
    texts = [sentence(cell) if escaped else cell for cell in cells]
    return f"| {' | '.join(texts)} |"


def _pandas_rows(table: Any) -> list[list[str]]:
    """Return the heading and the first rows as texts, the labels of the rows first."""
    rows = _first_rows(table)
    frame = rows.to_frame(rows.name or "") if rows.ndim == 1 else rows
    columns = [_label(column) for column in frame.columns]
    left_out = table.ndim == 2 and table.shape[1] > MAX_COLUMNS
    half = MAX_COLUMNS // 2

    def of(labels: list[str], cells: list[str]) -> list[str]:
        return labels + ([*cells[:half], "…", *cells[-half:]] if left_out else cells)

    names = ["" if name is None else str(name) for name in frame.index.names]
    body = [
        of(_labels_of(label), [_cell(value) for value in cells])
        for label, *cells in frame.itertuples(name=None)
    ]
    return [of(names, columns), *body]


def _labels_of(label: Any) -> list[str]:
    return [_cell(part) for part in label] if isinstance(label, tuple) else [_cell(label)]


def _label(column: Any) -> str:
    return ", ".join(map(str, column)) if isinstance(column, tuple) else str(column)


def _cell(value: Any) -> str:
    """Round a number as pandas does; texts are short already."""
    if isinstance(value, float):
        return "NaN" if value != value else f"{value:.6g}"
    return str(value)


def _polars_rows(table: Any) -> list[list[str]]:
    head = table.head(MAX_ROWS)
    frame = head.to_frame() if type(table).__name__ == "Series" else head
    left_out = frame.shape[1] > MAX_COLUMNS
    names = [truncate(name, MAX_CELL_CHARS) for name in frame.columns[:MAX_COLUMNS]]
    body = [[_text_of(value) for value in row[:MAX_COLUMNS]] for row in frame.rows()]
    more = ["…"] if left_out else []
    return [[*names, *more], *([*row, *more] for row in body)]


def _text_of(value: object) -> str:
    if isinstance(value, float):
        return _cell(value)
    if isinstance(value, str):
        return truncate(value, MAX_CELL_CHARS)
    return short_repr(value, MAX_CELL_CHARS)


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
