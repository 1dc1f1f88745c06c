"""The text of ``code.py``: the request, its variables, the code, and showing the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph_agent.records import ExecutionRecord, attempts_of
from graph_agent.results.answer import new_names
from graph_agent.results.script.inputs import Input
from graph_agent.results.script.source import FOLDER, MODULES
from sandbox.terminal_text import one_line

FILES_IN = "inputs"
"""The folder of the variables' files, beside the program."""
MAX_REASON_CHARS = 200


def program(output: Mapping[str, Any], inputs: Sequence[Input], folder: str = FILES_IN) -> str:
    """Return a program that does what the run's last attempt did.

    ``folder``: where the files of ``inputs`` are, relative to the program.
    """
    code = _showing(output.get("code") or "", output)
    loading = "".join(f"{line}\n" for line in _loading(inputs, folder))
    if not loading:
        return code
    lines = code.splitlines(keepends=True)
    at = _first_line(code, lines)
    return f"{''.join(lines[:at])}\n{loading}\n{''.join(lines[at:])}"


def _loading(inputs: Sequence[Input], folder: str) -> Iterator[str]:
    saved = [each for each in inputs if each.source]
    if saved:
        yield "# The variables as they were given. The code that ran begins below them."
    for short in sorted({module for each in saved for module in each.modules}):
        yield f"import {MODULES[short]} as {short}"
    if any(each.files for each in saved):
        yield "import pathlib as _pathlib"
        yield f"{FOLDER} = _pathlib.Path(__file__).resolve().parent / {folder!r}"
    yield from (f"{each.name} = {each.source}" for each in saved)
    for each in inputs:
        if not each.source:
            yield f"# Not saved: {each.name} ({one_line(each.reason)[:MAX_REASON_CHARS]})."
            yield f"# Assign it here: {each.name} = ..."


def _first_line(code: str, lines: Sequence[str]) -> int:
    """Return where the variables go: below the request, and what Python wants at the top."""
    at = 0
    while at < len(lines) and lines[at].startswith("#"):
        at += 1
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return at
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            at = max(at, statement.end_lineno or 0)
    return at


def _showing(code: str, output: Mapping[str, Any]) -> str:
    """Let the code print its answer, which the run displayed or returned without printing it."""
    ran = [attempt.execution for attempt in attempts_of(output) if attempt.execution]
    last = ran[-1] if ran else None
    if last is None or last.outcome != "ok":
        return code
    names = _answer_names(output, last)
    if names is not None:
        shown = "".join(f"print({name})\n" for name in names)
        return f"{code.rstrip()}\n\n# The answer:\n{shown}" if shown else code
    return _printing_the_end(code)


def _answer_names(output: Mapping[str, Any], last: ExecutionRecord) -> list[str] | None:
    """Return which variables are the answer; None: the displayed value is."""
    came = [value.name for value in last.variables]
    if asked := output.get("returns"):
        return [name for name in asked if name in came]
    if last.display is not None:
        return None
    new = new_names(came, output)
    return new if len(new) == 1 else []


def _printing_the_end(code: str) -> str:
    """Print the final expression, as a notebook shows it."""
    try:
        last = ast.parse(code).body[-1]
    except (SyntaxError, ValueError, RecursionError, MemoryError, IndexError):
        return code
    if not isinstance(last, ast.Expr) or last.end_lineno is None or last.end_col_offset is None:
        return code
    lines = [line.encode() for line in code.splitlines(keepends=True)]
    end, begin = lines[last.end_lineno - 1], last.end_col_offset
    lines[last.end_lineno - 1] = end[:begin] + b")" + end[begin:]
    start = lines[last.lineno - 1]
    lines[last.lineno - 1] = start[: last.col_offset] + b"print(" + start[last.col_offset :]
    return b"".join(lines).decode()
