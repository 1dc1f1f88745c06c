"""Tables whose text a spreadsheet can't run as a formula.

A spreadsheet takes a cell for a formula if it begins with one of a few characters, quoted or not,
and a formula can send the other cells to an address. A leading apostrophe makes it text.
Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import datetime as dt
import numbers
import re
from typing import Any

from sandbox.terminal_text import HIDDEN_CHARS

_FORMULA = re.compile(rf"[\t\r\n]|[\s{HIDDEN_CHARS}]*[=+\-@＝＋－＠]")
_NO_TEXT = (numbers.Number, type(None), dt.date, dt.time, dt.timedelta, dt.tzinfo)
_NUMERIC_KINDS = "biufcmM"
"""numpy's kinds of numbers, booleans and times."""


def without_formula(cell: Any) -> Any:
    """Return a cell; text that begins like a formula gets an apostrophe before it.

    A carriage return becomes a new line: CSV writers don't quote it, and what follows it would
    begin a cell.
    """
    if isinstance(cell, _NO_TEXT):
        return cell
    text = cell if isinstance(cell, str) else str(cell)
    if "\r" in text:
        cell = text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else cell


def pandas_without_formulas(table: Any) -> Any:
    """Return a frame or series as a frame with such text in cells, index and headers marked."""
    import pandas as pd

    frame = table.to_frame() if isinstance(table, pd.Series) else table.copy(deep=False)
    for position, dtype in enumerate(frame.dtypes):
        if getattr(dtype, "kind", "O") not in _NUMERIC_KINDS:
            column = frame.iloc[:, position].astype(object)
            # Not by ``map``, which would copy each text into an array of texts.
            cells = list(map(without_formula, column.array))
            frame.isetitem(position, pd.Series(cells, index=column.index, dtype=object))
    frame.index, frame.columns = _labels(frame.index), _labels(frame.columns)
    return frame


def polars_without_formulas(frame: Any) -> Any:
    """Return a frame with such text in cells and headers marked."""
    import polars as pl

    columns: list[Any] = []
    for column in frame.get_columns():
        text = column
        if isinstance(column.dtype, (pl.String, pl.Categorical, pl.Enum)):
            cells = [without_formula(cell) for cell in column.to_list()]
            text = pl.Series(column.name, cells, dtype=pl.String)
        columns.append(text.alias(_free(without_formula(column.name), columns)))
    return pl.DataFrame(columns)


def _free(name: str, columns: list[Any]) -> str:
    """Lengthen a marked name that another column has: polars' names are unique."""
    taken = {column.name for column in columns}
    while name in taken:
        name = f"'{name}"
    return name


def _labels(index: Any) -> Any:
    """Mark the labels and names of an index."""
    import pandas as pd

    names = [None if name is None else without_formula(name) for name in index.names]
    if isinstance(index, pd.MultiIndex):
        levels = [_marked(level) for level in index.levels]
        return pd.MultiIndex(levels, index.codes, names=names, verify_integrity=False)
    return _marked(index).set_names(names)


def _marked(index: Any) -> Any:
    import pandas as pd

    if getattr(index.dtype, "kind", "O") in _NUMERIC_KINDS:
        return index
    marked = [without_formula(label) for label in index]
    # Only if something changed: the labels would lose their type.
    same = all(new is old for new, old in zip(marked, index, strict=True))
    return index if same else pd.Index(marked, dtype=object, tupleize_cols=False)
