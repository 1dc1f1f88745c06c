"""One execution as text and as HTML for notebooks. All of it is from outside, and escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from typing import Any

from sandbox.terminal_text import escape_control_chars

Execution = Any
"""A :class:`~sandbox.records.Execution`, whose module imports this one."""
PICTURES = ("image/png", "image/jpeg")
MAX_ROWS = 20
MAX_COLUMNS = 20


def execution_bundle(run: Execution) -> dict[str, str]:
    """Show what a program displayed first, then what it left, printed and raised."""
    text = "\n".join(_texts(run))
    return {"text/plain": escape_control_chars(text), "text/html": f"<div>{_page(run)}</div>"}


def _texts(run: Execution) -> Iterator[str]:
    yield f"{run.outcome}, {run.duration_s:.2f} s{f' ({run.detail})' if run.detail else ''}"
    if run.display_text:
        yield run.display_text
    if run.variables:
        yield f"Variables: {', '.join(run.variables)}"
    yield from (f"Withheld: {name}: {reason}" for name, reason in run.withheld.items())
    if run.figures:
        yield f"Figures: {len(run.figures)}"
    if run.files:
        yield f"Files: {', '.join(run.files)}"
    error = run.error or run.check_error
    for part in (run.stdout, run.stderr, error.traceback if error else ""):
        if part.strip():
            yield part.rstrip("\n")


def _page(run: Execution) -> str:
    first, *rest = _texts(run)
    table = _table(run.display)
    if table and run.display_text in rest:
        rest.remove(run.display_text)
    pictures = "".join(_picture(figure) for figure in run.figures)
    lines = f"<pre>{_escaped(chr(10).join(rest))}</pre>" if rest else ""
    return f"{table}{pictures}{lines}<p><small>{_escaped(first)}</small></p>"


def _picture(figure: Any) -> str:
    shown = figure if figure.mime in PICTURES else figure.preview
    if shown is None or shown.mime not in PICTURES:
        return ""
    data = base64.b64encode(shown.data).decode()
    return f'<p><img alt="figure" src="data:{shown.mime};base64,{data}"></p>'


def _table(value: Any) -> str:
    """Show the first rows of pandas' tables; other values are shown as text."""
    is_pandas = type(value).__module__.partition(".")[0] == "pandas"
    if not is_pandas or type(value).__name__ not in ("DataFrame", "Series"):
        return ""
    head = value.head(MAX_ROWS)
    frame = head.to_frame() if head.ndim == 1 else head
    return escape_control_chars(frame.to_html(escape=True, max_cols=MAX_COLUMNS, border=0))


def _escaped(text: str) -> str:
    return html.escape(escape_control_chars(text))
