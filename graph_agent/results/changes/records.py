"""The difference between a value and the one it would replace, as text that is not escaped yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graph_agent.results.changes.shown import change_html, change_text

Kind = Literal["new", "changed", "unchanged", "unreadable"]
MAX_CELLS_SHOWN = 5
HEAD_ROWS = 5
MAX_COLUMNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class CellChange:
    """One changed place: a cell, an element, an item."""

    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column before and after; ``old_type`` and ``old_nulls`` are None where it is new."""

    name: str
    type: str
    nulls: int
    old_type: str | None = None
    old_nulls: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of text under a header, with what is left out below them."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    more: str = ""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """What accepting a value changes.

    ``headline``: the value's type and size. ``facts``: what differs, counted. ``cells``: the
    first changed places. ``head``: the first rows. ``sampled``: what wasn't looked at as a whole.
    """

    name: str
    kind: Kind
    headline: str
    facts: Sequence[str] = ()
    columns: Sequence[ColumnChange] = ()
    cells: Sequence[CellChange] = ()
    head: Grid | None = None
    sampled: str = ""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the difference in notebooks and in IPython's terminal."""
        return {"text/plain": change_text(self), "text/html": change_html(self)}


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences of several values."""

    values: Sequence[ValueChange]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show all of them, one below the other."""
        html = "".join(change_html(change) for change in self.values)
        text = "\n\n".join(change_text(change) for change in self.values)
        return {"text/plain": text, "text/html": f"<div>{html}</div>"}
