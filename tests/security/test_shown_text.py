"""Text of a program, a model or the data controls nothing that shows it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from markdown_it import MarkdownIt

from graph_agent.records import Analysis, Attempt, ErrorRecord, ExecutionRecord, FileReference
from graph_agent.results.artifacts import save_execution
from graph_agent.results.transcript import render
from sandbox.records import Execution, Payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from sandbox.runner.shared.naming import type_name
from sandbox.terminal_text import escape_control_chars
from tests.graph_agent.cli.command import Command
from tests.graph_agent.cli.terminal import Terminal
from tests.security.texts import FORMULAS, MARKUP, TERMINAL, controls

ACTIVE = ("html_block", "html_inline", "image", "link_open")
SHOWN = """
import sys
texts = {texts!r}
for text in texts:
    plain = text.encode("utf-8", "replace").decode()
    sys.stdout.write(plain + "\\n")
    sys.stderr.write(plain + "\\n")
    open(f"f{{texts.index(text)}}.txt", "w", errors="replace").write(text)
    try:
        open("n" + text, "w").close()
    except (OSError, UnicodeError, ValueError):
        pass
class Odd:
    __slots__ = ()
    def __repr__(self):
        return "".join(texts).encode("utf-8", "replace").decode()
odd = Odd()
globals()["x" + "y" * 10] = [lambda: 1]
raise ValueError("".join(texts))
"""


@pytest.mark.parametrize("text", TERMINAL.values(), ids=TERMINAL)
def test_nothing_controls_a_terminal(text: str) -> None:
    shown = escape_control_chars(f"before {text} after")
    assert controls(shown) == set()
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.docker
def test_a_programs_output_controls_no_terminal(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    (command.folder / "code.py").write_text(SHOWN.format(texts=list(TERMINAL.values())), "utf-8")
    with Terminal(command, "exec", "code.py", "--out", "out") as terminal:
        assert terminal.ended() == 1
    assert controls(terminal.shown.replace("\r\n", "\n")) == set()
    assert "red" in terminal.shown
    assert "ValueError" in terminal.shown
    assert [p.name for p in (command.folder / "out").rglob("*") if controls(p.name)] == []
    as_json = command.here("exec", "code.py", "--json")
    assert controls(as_json.out) == set()
    assert as_json.json["outcome"] == "error"


def _transcript(text: str) -> str:
    """Write a transcript that has a text wherever one can come from outside."""
    error = ErrorRecord(name="ValueError", message=text, traceback=f"ValueError: {text}", line=1)
    execution = ExecutionRecord(
        outcome="error",
        detail=text,
        stdout=text,
        stderr=text,
        error=error,
        check_error=error,
        withheld={text: text},
        files=[FileReference(name=text, sha256="0" * 64, size=1)],
        display_text=text,
    )
    analysis = Analysis(success=False, should_retry=False, explanation=text, plan=text)
    attempt = Attempt(
        number=1,
        code=f"x = {text!r}",
        problem=None,
        notes=[text],
        execution=execution,
        analysis=analysis,
    )
    return render({"request": text, "attempts": [attempt.to_state()], "success": False})


def _tokens(markdown: str) -> list[Any]:
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    found = parser.parse(markdown)
    return found + [child for token in found for child in token.children or ()]


@pytest.mark.parametrize("text", [*MARKUP.values(), *TERMINAL.values()], ids=[*MARKUP, *TERMINAL])
def test_nothing_acts_in_a_transcript(text: str) -> None:
    markdown = _transcript(text)
    active = [token for token in _tokens(markdown) if token.type in ACTIVE]
    assert active == []
    assert controls(markdown) == set()


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP)
def test_nothing_looks_like_our_own_verdict(text: str) -> None:
    plain = _tokens(_transcript("plain"))
    tokens = _tokens(_transcript(text))
    for kind in ("heading_open", "strong_open"):
        ours = sum(token.type == kind for token in plain)
        assert sum(token.type == kind for token in tokens) == ours


def saved(values: dict[str, Any], folder: Path) -> dict[str, str]:
    """Save values as those of a run; return the tables."""
    payloads = {
        name: Payload(CODEC, type_name(value), b"".join(encode_value(value)))
        for name, value in values.items()
    }
    paths = save_execution(Execution("ok", variables=values, payloads=payloads), folder)
    return {path.name: path.read_bytes().decode() for path in paths if path.suffix == ".csv"}


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_no_cell_of_a_saved_table_is_a_formula(text: str, tmp_path: Path) -> None:
    values = {
        "cells": pd.DataFrame({"a": [text, "b"]}),
        "labels": pd.DataFrame({text: [1]}, index=[text]),
        "series": pd.Series([text], name=text),
        "category": pd.DataFrame({"a": pd.Categorical([text])}),
        "wide": pl.DataFrame({"a": [text], text: [1]}),
    }
    tables = saved(values, tmp_path)
    assert len(tables) == len(values)
    for name, content in tables.items():
        rows = csv.reader(io.StringIO(content, newline=""))
        for cell in [cell for row in rows for cell in row]:
            start = cell.lstrip("\u200b \t\r\n")[:1]
            assert start not in tuple("=+-@\uff1d"), (name, cell)


def test_numbers_stay_numbers_in_a_saved_table(tmp_path: Path) -> None:
    table = saved({"x": pd.DataFrame({"a": [-1, 2]})}, tmp_path)["x.csv"]
    assert "-1" in table
    assert "'" not in table
