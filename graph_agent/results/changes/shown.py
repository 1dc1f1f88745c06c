"""A difference as text and as HTML. All of it may be hostile: it is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.terminal_text import escape_control_chars, one_line

ValueChange = Any
ColumnChange = Any
"""Those of :mod:`.records`, which imports this module."""

SIGNS = {"new": "+", "changed": "~", "unchanged": "=", "unreadable": "!"}


def change_text(change: ValueChange) -> str:
    """Show a difference as plain text."""
    return "\n".join(line.rstrip() for line in _lines(change))


def change_html(change: ValueChange) -> str:
    """Show a difference as HTML without scripts."""
    title = f"<b>{SIGNS[change.kind]} {_cell(change.name)}</b> {_cell(_title(change))}"
    facts = "".join(f"<li>{_cell(fact)}</li>" for fact in change.facts)
    parts = [f"<p>{title}</p>", f"<ul>{facts}</ul>" if facts else ""]
    if change.cells:
        cells = [(cell.place, cell.old, cell.new) for cell in change.cells]
        parts.append(_html_table(("", "before", "after"), cells))
    if change.columns:
        table = _html_table(*_columns(change.columns))
        parts.append(f"<details><summary>Columns</summary>{table}</details>")
    if change.head is not None:
        table = _html_table(change.head.header, change.head.rows)
        more = f"<p><small>{_cell(change.head.more)}</small></p>" if change.head.more else ""
        opened = " open" if change.kind == "new" else ""
        parts.append(f"<details{opened}><summary>First rows</summary>{table}{more}</details>")
    if change.sampled:
        parts.append(f"<p><small>{_cell(change.sampled)}</small></p>")
    return f"<div>{''.join(parts)}</div>"


def _lines(change: ValueChange) -> Iterator[str]:
    yield f"{SIGNS[change.kind]} {one_line(change.name)} {one_line(_title(change))}"
    yield from (f"    {one_line(fact)}" for fact in change.facts)
    for cell in change.cells:
        yield f"    {one_line(cell.place)}: {one_line(cell.old)} → {one_line(cell.new)}"
    if change.columns:
        yield from _text_table(*_columns(change.columns))
    if change.head is not None:
        yield from _text_table(change.head.header, change.head.rows)
        yield f"    {one_line(change.head.more)}" if change.head.more else ""
    if change.sampled:
        yield f"    {one_line(change.sampled)}"


def _title(change: ValueChange) -> str:
    return f"({change.kind}): {change.headline}"


def _columns(columns: Sequence[ColumnChange]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    rows = [
        (
            column.name,
            _before(column.old_type, column.type),
            _before(column.old_nulls, column.nulls),
        )
        for column in columns
    ]
    return ("column", "type", "nulls"), rows


def _before(old: object, new: object) -> str:
    return f"{new}" if old in (None, new) else f"{old} → {new}"


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_cell(text)}</th>" for text in header)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = [[one_line(text) for text in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        yield "    " + "  ".join(cells)


def _cell(text: str) -> str:
    return html.escape(escape_control_chars(text))
