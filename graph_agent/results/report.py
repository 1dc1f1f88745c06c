"""The report: a run as one HTML page that needs nothing else, and runs nothing.

All text is escaped. The page's own policy allows no script, and nothing that is fetched.
"""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from graph_agent.results.answer_text import Result
from graph_agent.results.html import answer_html, attempts_html, escaped
from sandbox.errors import PayloadError, VariableStoreError
from sandbox.terminal_text import escape_control_chars, one_line

STYLE = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .7rem; overflow: auto; white-space: pre-wrap; }
pre, code { font: 14px/1.4 ui-monospace, monospace; }
table { border-collapse: collapse; display: block; overflow: auto; }
th, td { border: 1px solid var(--line); padding: .2rem .6rem; text-align: right;
  overflow-wrap: normal; }
img { max-width: 100%; background: white; }
h2 { border-bottom: 1px solid var(--line); margin-top: 2rem; }
@media print { :root { color-scheme: light; } body { max-width: none; margin: 0; }
  pre, img { break-inside: avoid; } }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
SHOWN_VERSIONS = ("codegen-agent", "langgraph", "pandas", "numpy")
_LIGHT, _DARK = "default", "github-dark"

Sent = Sequence[tuple[str, str]]
"""Messages to the model: a heading and the text of each."""


def report_html(result: Result, sent: Sent = ()) -> str:
    """Show a whole run on a page; ``sent``: what was sent to the model, if that is known."""
    title = escaped(one_line(str(result.output.get("request") or "Request"))[:200])
    sections = "".join(
        f"<section><h2>{heading}</h2>{inside}</section>"
        for heading, inside in _sections(result, sent)
        if inside
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{title}</title><style>{STYLE}{_code_style()}</style></head>"
        f"<body><h1>{title}</h1>{sections}</body></html>\n"
    )


def readable_report(result: Result, sent: Sent = ()) -> str:
    """Return the report; empty if the answer can't be read, which must not keep files unsaved."""
    try:
        return report_html(result, sent)
    except (PayloadError, VariableStoreError):
        return ""


def _sections(result: Result, sent: Sent) -> Iterator[tuple[str, str]]:
    state: Mapping[str, Any] = result.output
    yield "Answer", answer_html(result)
    yield "Code", highlighted(result.code) if result.code.strip() else ""
    yield "Checks", highlighted(state["checks"]) if state.get("checks") else ""
    yield "How it got there", attempts_html(result, open_=True, code=highlighted)
    messages = (f"<h3>{escaped(head)}</h3><pre>{escaped(text)}</pre>" for head, text in sent)
    yield "What was sent to the model", "".join(messages)
    yield "How to repeat it", f"<pre>{escaped(repeat_command(state))}</pre>"
    rows = "".join(
        f"<tr><th>{escaped(name)}</th><td>{escaped(found)}</td></tr>"
        for name, found in _versions(state)
    )
    yield "Made with", f"<table>{rows}</table>"


def repeat_command(state: Mapping[str, Any]) -> str:
    """Return a command that asks the same again; files stand for the variables."""
    parts = ["codegen-agent", "run", shlex.quote(str(state.get("request") or ""))]
    setup = state.get("setup") or {}
    if setup.get("follows"):
        parts.append(f"--after {shlex.quote(str(setup['follows']))}")
    names = [each["name"] for each in state.get("summaries") or ()]
    parts += [] if setup.get("follows") else [f"--var {name}=FILE" for name in names]
    parts += [f"--return {name}" for name in state.get("returns") or ()]
    if setup.get("model"):
        parts.append(f"--model {shlex.quote(str(setup['model']))}")
    parts.append(f"--privacy {state.get('privacy') or 'sample'}")
    return " ".join([*parts, *(["--check FILE.py"] if state.get("checks") else [])])


def highlighted(code: str) -> str:
    """Return code as HTML with its parts marked; everything in it is escaped."""
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer

    shown: str = highlight(escape_control_chars(code), PythonLexer(), HtmlFormatter())
    return shown


def _code_style() -> str:
    """Return the colours of code, for a light and for a dark page."""
    from pygments.formatters.html import HtmlFormatter

    light, dark = (
        HtmlFormatter(style=name).get_style_defs(".highlight") for name in (_LIGHT, _DARK)
    )
    return (
        f"@media print, (prefers-color-scheme: light) {{ {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
    )


def _versions(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    setup = state.get("setup") or {}
    yield "model", str(setup.get("model") or setup.get("client") or "unknown")
    yield "Python", platform.python_version()
    for name in SHOWN_VERSIONS:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
