"""Results as HTML for notebooks: the answer first, everything from outside escaped.

No script, no style sheet, nothing that is fetched from anywhere.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterator
from typing import Any

from graph_agent.results.answer_text import Result, answer_text, verdict_line
from graph_agent.results.origin import Origin
from graph_agent.results.shown_tables import table_html
from sandbox.records import Figure
from sandbox.terminal_text import escape_control_chars

IMAGES = ("image/png", "image/jpeg")


def result_html(result: Result) -> str:
    """Show a result: answer, tables, figures, code, and how it got there."""
    code = fold("Code", code_html(result.code))
    return f"<div>{answer_html(result)}{code}{attempts_html(result)}</div>"


def answer_html(result: Result) -> str:
    """Show the answer with its tables, the figures, the names of files, and the verdict."""
    answer = result.answer if result.success else None
    values = answer.values() if isinstance(answer, dict) else [answer]
    tables = [table for value in values if (table := table_html(value))]
    text = answer_text(result)
    parts = [_lines(text.splitlines()[:1]) if tables else _lines(text.splitlines()), *tables]
    parts += [figure_html(figure) for figure in result.figures]
    parts += [f"<p>File: <code>{escaped(name)}</code></p>" for name in result.files]
    parts.append(f"<p><small>{escaped(verdict_line(result))}</small></p>")
    return "".join(parts)


def attempts_html(
    result: Result, *, open_: bool = False, code: Callable[[str], str] | None = None
) -> str:
    """Show all attempts, folded unless ``open_``, and where the run comes from.

    ``code``: shows their code; None: :func:`code_html`.
    """
    origin = Origin.of(result.output)
    kept = origin.kept if origin.earlier_request else 0
    shown = [
        attempt_html(attempt, folded=True, open_=open_, code=code) for attempt in result.attempts
    ]
    earlier = [f"<p>Earlier request: {escaped(origin.earlier_request)}</p>"] if kept else []
    sentence = [f"<p>{escaped(origin.sentence)}</p>"] if origin.sentence else []
    return "".join([*earlier, *shown[:kept], *sentence, *shown[kept:]])


def attempt_html(
    attempt: Any,
    *,
    folded: bool = False,
    open_: bool = False,
    code: Callable[[str], str] | None = None,
) -> str:
    """Show an AttemptResult: its code, how it ended, and how it was judged."""
    inside = (code or code_html)(attempt.code) + "".join(_attempt_parts(attempt))
    title = f"Attempt {attempt.number}"
    if folded:
        return fold(title, inside, open_=open_)
    return f"<div><p><b>{title}</b></p>{inside}</div>"


def _attempt_parts(attempt: Any) -> Iterator[str]:
    run = attempt.execution
    if run is None:
        yield f"<p>Not run: {escaped(attempt.problem or '')}</p>"
    else:
        yield f"<p>Outcome: {escaped(run.outcome)}</p>"
        for text in (run.stdout, run.stderr, run.error.traceback if run.error else ""):
            if text.strip():
                yield f"<pre>{escaped(text)}</pre>"
    if attempt.analysis is not None:
        yield f"<p>{escaped(attempt.analysis.explanation)}</p>"


def figure_html(figure: Figure) -> str:
    """Show a figure's picture; a figure without one is only named."""
    picture = figure if figure.mime in IMAGES else figure.preview
    if picture is None or picture.mime not in IMAGES:
        return f"<p>Figure of type {escaped(figure.mime)}</p>"
    data = base64.b64encode(picture.data).decode()
    return f'<p><img alt="figure" src="data:{picture.mime};base64,{data}"></p>'


def code_html(code: str) -> str:
    """Show Python with its words coloured. The ground is light, because the colours are dark."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    lexer, formatter = PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, noclasses=True)
    shown = highlight(escape_control_chars(code), lexer, formatter)
    return f'<pre style="background:#f8f8f8;color:#222;padding:0.5em">{shown}</pre>'


def escaped(text: str) -> str:
    """Escape markup, and characters that hide or reorder text."""
    return html.escape(escape_control_chars(text))


def _lines(lines: list[str]) -> str:
    first, *rest = lines or [""]
    label, colon, value = first.partition(":")
    shown = f"<p><b>{escaped(label)}{colon}</b>{escaped(value)}</p>"
    return shown + (f"<pre>{escaped(chr(10).join(rest))}</pre>" if rest else "")


def fold(title: str, inside: str, *, open_: bool = False) -> str:
    """Hide HTML below its title, to be opened with a click; ``open_``: it is open at first."""
    tag = "<details open>" if open_ else "<details>"
    return f"{tag}<summary>{escaped(title)}</summary>{inside}</details>"
