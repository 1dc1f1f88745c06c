"""Tables of pandas and polars behind one interface: rows by number, columns as numpy arrays."""

from __future__ import annotations

import datetime as dt
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from graph_agent.summaries.parts import short_repr, truncate

MAX_HASHED_ROWS = 2_000_000
"""Matching the rows of longer tables by arbitrary labels takes too long and too much memory."""
_NATIVE = "biufcmM"
_MAX_LABEL_CHARS = 60
_MAX_NAME_CHARS = 200

Rows = Any
"""An array of row numbers."""


@dataclass(frozen=True)
class Column:
    """Some cells of a column; ``null`` marks the missing ones."""

    values: Any
    null: Any


@dataclass(frozen=True)
class RowMatch:
    """Which rows of two tables belong together.

    ``old_row``: from numbers of new rows to numbers of old ones, -1 for a row that is new.
    """

    old_row: Callable[[Rows], Rows]
    added: int
    removed: int
    by: str


class Table(ABC):
    """A table that can be compared."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.n_rows = int(frame.shape[0])

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        """Name and type of each column; a name that comes again gets a number."""
        seen: Counter[str] = Counter()
        columns = []
        for name, kind in self._named_types():
            seen[name] += 1
            columns.append((name if seen[name] == 1 else f"{name} #{seen[name]}", kind))
        return columns

    @abstractmethod
    def _named_types(self) -> Iterable[tuple[str, str]]: ...

    @abstractmethod
    def column(self, number: int, rows: Rows) -> Column:
        """Return the cells of a column in some rows."""

    @abstractmethod
    def label(self, row: int) -> str:
        """Name a row."""

    def match(self, old: Table) -> RowMatch:
        """Find the old row of each row: here, the one at the same place."""
        both = min(self.n_rows, old.n_rows)

        def same_place(rows: Rows) -> Rows:
            return np.where(rows < both, rows, -1)

        return RowMatch(same_place, self.n_rows - both, old.n_rows - both, "position")


def _objects(cells: Any) -> Any:
    """Return cells as objects; a category is made into one once, not in each row."""
    if not hasattr(cells, "cat"):
        return np.fromiter(cells.astype(object), dtype=object, count=len(cells))
    categories = np.fromiter([*cells.cat.categories, None], dtype=object)
    return categories[cells.cat.codes.to_numpy()]  # -1, a missing cell, is the last one


class PandasTable(Table):
    """A frame or series of pandas."""

    def _named_types(self) -> Iterable[tuple[str, str]]:
        pairs = zip(self.frame.columns, self.frame.dtypes, strict=True)
        return ((_label(name), truncate(str(kind), _MAX_NAME_CHARS)) for name, kind in pairs)

    def column(self, number: int, rows: Rows) -> Column:
        """Return the cells of a column in some rows."""
        cells = self.frame.iloc[:, number].take(rows)
        null = cells.isna().to_numpy(dtype=bool)
        if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in _NATIVE:
            return Column(cells.to_numpy(), null)
        values = _objects(cells)
        values[null] = None  # pd.NA equals nothing and has no truth value
        return Column(values, null)

    def label(self, row: int) -> str:
        """Name a row by its label in the index."""
        return _label(self.frame.index[row])

    def match(self, old: Table) -> RowMatch:
        """Match rows by the index where it names each row once, else by position."""
        if not isinstance(old, PandasTable):
            return super().match(old)
        if self.frame.index.equals(old.frame.index):
            return RowMatch(lambda rows: rows, 0, 0, "index")
        places = _places(old.frame.index, self.frame.index)
        if places is None:
            return super().match(old)
        known = int((places >= 0).sum())
        return RowMatch(lambda rows: places[rows], self.n_rows - known, old.n_rows - known, "index")


class PolarsTable(Table):
    """A frame of polars, whose rows have no labels."""

    def _named_types(self) -> Iterable[tuple[str, str]]:
        return (
            (_label(name), truncate(str(kind), _MAX_NAME_CHARS))
            for name, kind in self.frame.schema.items()
        )

    def column(self, number: int, rows: Rows) -> Column:
        """Return the cells of a column in some rows."""
        cells = self.frame.to_series(number)[rows]
        null = cells.is_null().to_numpy()
        if cells.dtype.is_numeric() and not null.any():
            values = cells.to_numpy()
            return Column(values, np.isnan(values) if values.dtype.kind == "f" else null)
        return Column(np.fromiter(cells.to_list(), dtype=object, count=len(cells)), null)

    def label(self, row: int) -> str:
        """Name a row by its number."""
        return str(row)


def table_of(value: Any) -> Table | None:
    """Wrap a frame or series; return None for anything else."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(value, pandas.Series):
        return PandasTable(value.to_frame("value" if value.name is None else value.name))
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return PandasTable(value)
    if polars is not None and isinstance(value, polars.Series):
        return PolarsTable(value.to_frame())
    if polars is not None and isinstance(value, polars.DataFrame):
        return PolarsTable(value)
    return None


def _places(old: Any, new: Any) -> Any:
    """Return where the new labels stand in the old index, -1 for none; None if it isn't known."""
    import pandas as pd

    # Sorted labels are known to be unique without a table of all of them.
    is_plain = new.is_monotonic_increasing or len(new) <= 5 * MAX_HASHED_ROWS
    is_number = getattr(new.dtype, "kind", "O") in "iu"
    if isinstance(old, pd.RangeIndex) and is_number and is_plain and new.is_unique:
        labels = new.to_numpy()
        places = (labels - old.start) // old.step
        known = ((labels - old.start) % old.step == 0) & (places >= 0) & (places < len(old))
        return np.where(known, places, -1)
    if max(len(old), len(new)) > MAX_HASHED_ROWS or not (old.is_unique and new.is_unique):
        return None
    try:
        return old.get_indexer(new)
    except (TypeError, ValueError):  # labels of types that can't be compared
        return None


def _label(name: Any) -> str:
    if isinstance(name, str):
        return truncate(name, _MAX_NAME_CHARS)
    pandas = sys.modules.get("pandas")
    if type(name) is dt.date or (pandas is not None and type(name) is pandas.Timestamp):
        return str(name).removesuffix(" 00:00:00")
    return short_repr(name, _MAX_LABEL_CHARS)
