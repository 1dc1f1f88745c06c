"""An answer as Markdown: its tables are tables, and nothing in it is markup."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import polars as pl
import pytest

from graph_agent.results.answer_markdown import answer_markdown
from graph_agent.results.shown_tables import MAX_COLUMNS, MAX_ROWS, table_markdown
from sandbox.errors import PayloadError


def result(answer: Any, returns: list[str] | None = None, **more: Any) -> Any:
    given = {"success": True, "answer": answer, "attempts": (), "agreement": None, "cost": None}
    output = {"returns": returns, "usage": {}}
    empty = {"figures": (), "files": {}, "variables": {}, "explanation": ""}
    return SimpleNamespace(**{**given, **empty, "output": output, **more})


def first(answer: Any, **more: Any) -> str:
    return answer_markdown(result(answer, **more)).rpartition("\n\n")[0]


def test_plain_values() -> None:
    assert first(3) == "Answer: 3"
    assert first("<b>*a*") == "Answer: &lt;b>\\*a\\*"
    assert first("one\ntwo```") == "Answer:\n\n````\none\ntwo```\n````"
    assert first(None, figures=(1, 2)) == "Answer: 2 figures"
    assert first({"a": 1, "b": pd.Series([5], name="s")}, returns=["a", "b"]) == (
        "`a`: 1\n\n`b`: 1 row\n\n|  | s |\n| --- | --- |\n| 0 | 5 |"
    )


def test_an_answer_that_cannot_be_read() -> None:
    class Broken(SimpleNamespace):
        @property
        def answer(self) -> Any:
            raise PayloadError("no such library")

    given = vars(result(3))
    del given["answer"]
    assert "not readable (no such library)" in answer_markdown(Broken(**given))


def table(value: Any) -> list[list[str]]:
    text = table_markdown(value)
    assert text is not None
    lines = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_long_and_wide_tables_are_cut(library: str) -> None:
    columns = {f"c{number}": range(30) for number in range(40)}
    frame: Any = pd.DataFrame(columns) if library == "pandas" else pl.DataFrame(columns)
    head, _, *rows = table(frame)
    assert len(rows) == MAX_ROWS
    assert len(head) == len(rows[0]) <= MAX_COLUMNS + 2
    assert "…" in head
    assert "… 10 more rows" in (table_markdown(frame) or "")


def test_labels_of_rows_and_columns() -> None:
    frame = pd.DataFrame({("x", 1): [0.123456789], ("x", 2): [float("nan")]})
    frame.index = pd.MultiIndex.from_tuples([("Fri", "Din|ner")], names=["day", "time"])
    head, _, row = table(frame)
    assert head == ["day", "time", "x, 1", "x, 2"]
    assert row == ["Fri", "Din\\|ner", "0.123457", "NaN"]


def test_cells_are_one_line_and_short() -> None:
    head, _, row = table(pd.DataFrame({"a\nb": ["x\n| y |" * 20]}))
    assert "\n" not in "".join(head)
    assert len(row[1]) < 120
    assert table(pl.DataFrame({"a": ["<i>"], "b": [1.5]}))[2] == ["&lt;i>", "1.5"]


def test_what_is_no_table() -> None:
    assert table_markdown([1]) is None
    assert table_markdown({"a": 1}) is None
