"""Reports of an evaluation: Markdown, JSON, and one HTML page without anything from outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graph_agent.evaluation.journal import Answered, Journal
from graph_agent.evaluation.tables import Table, question_table, tables_of
from graph_agent.records import Json
from graph_agent.results.html import escaped
from graph_agent.results.markdown import sentence

__all__ = ["REPORTS", "html_page", "markdown_page", "markdown_table", "write_reports"]

REPORTS = ("report.md", "report.json", "report.html")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.3em .6em;"
    "text-align:left;vertical-align:top}"
)


def write_reports(journal: Journal, summary: Json, results: Sequence[Answered]) -> list[Path]:
    """Write all reports into the evaluation's folder.

    Raises:
        OutputError: the folder can't be written.
    """
    tables = [*tables_of(summary), question_table(results)]
    title = f"{summary['suite']}: {summary['model']}"
    said = _setup_line(summary)
    texts = (
        markdown_page(title, said, tables),
        json.dumps(summary, indent=2) + "\n",
        html_page(title, said, tables),
    )
    return [journal.write(name, text) for name, text in zip(REPORTS, texts, strict=True)]


def markdown_page(title: str, said: str, tables: Iterable[Table]) -> str:
    """Show tables as Markdown."""
    parts = [f"# {sentence(title)}", sentence(said)]
    for table in tables:
        parts += [f"## {table.title}", markdown_table(table)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table) -> str:
    """Show a table as Markdown; its text is only text."""
    rows = [table.header, tuple("---" for _ in table.header), *table.rows]
    marked = [rows[0], rows[1], *(tuple(map(sentence, row)) for row in rows[2:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in marked)


def html_page(title: str, said: str, tables: Iterable[Table]) -> str:
    """Show tables as an HTML page; their text is only text."""
    body = "".join(f"<h2>{escaped(table.title)}</h2>{_html_table(table)}" for table in tables)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escaped(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escaped(title)}</h1><p>{escaped(said)}</p>{body}</body></html>\n"
    )


def _html_table(table: Table) -> str:
    return f"<table>{''.join(_html_rows(table))}</table>"


def _html_rows(table: Table) -> Iterator[str]:
    for tag, row in (("th", table.header), *(("td", row) for row in table.rows)):
        yield f"<tr>{''.join(f'<{tag}>{escaped(cell)}</{tag}>' for cell in row)}</tr>"


def _setup_line(summary: Json) -> str:
    parts = [
        f"{summary['answered']} of {summary['questions']} questions",
        f"{summary['max_attempts']} attempts",
        f"{summary['candidates']} program{'s' * (summary['candidates'] != 1)} an attempt",
        *(["the judge passed on as checks"] if summary["checks"] else []),
        *([f"a sample with seed {summary['seed']}"] if summary["limit"] else []),
        f"version {summary['version']}",
    ]
    return ", ".join(parts)
