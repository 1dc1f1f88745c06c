"""Where a table begins, what separates its cells, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest

from graph_agent.files.csv_layout import find_layout
from graph_agent.files.reading import Reading, ReadOptions
from tests.graph_agent.files.test_delimited import cells, read

TITLED = [
    ("Sales 2024\n\nRegion,Units\nNorth,5\nSouth,7\n", "line 3; left out the line above"),
    ("Sales 2024,\nRegion,Units\nNorth,5\nSouth,7\n", "line 2; left out the line above"),
    ("# by tool\n# v2\nRegion,Units\nNorth,5\nSouth,7\n", "line 3; left out the 2 lines"),
    ("A;Q1\nB\nC\nRegion;Units;P\nNorth;5;1\nSouth;7;2\n", "line 4; left out the 3 lines"),
    ("sep=;\nSales\nRegion;Units\nNorth;5\nSouth;7\n", "line 3; left out the line above"),
    ('"Sales\nof 2024"\nRegion,Units\nNorth,5\nSouth,7\n', "line 3; left out the line above"),
]


@pytest.mark.parametrize(("content", "note"), TITLED)
def test_a_title_is_left_out_and_said(tmp_path: Any, content: str, note: str) -> None:
    frame, found = read(tmp_path, content)
    assert cells(frame)["Region"] == ["North", "South"]
    assert cells(frame)["Units"] == [5, 7]
    assert f"the header is {note}" in str(found)


@pytest.mark.parametrize("separator", ["^", "~", "\x01", "\x1f"])
def test_rare_separators(tmp_path: Any, separator: str) -> None:
    frame, note = read(tmp_path, "a,b,c\n1,2,x\n3,4,y\n".replace(",", separator))
    assert cells(frame) == {"a": [1, 3], "b": [2, 4], "c": ["x", "y"]}
    assert note == f"d.csv: read as separator {separator!r}"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("a~b\nc\n", None),
        ("a:b\n1:2\n", "--sep ':'"),
        ("name   age\nAnn    30\n", "spaces"),
        ("1,2\n3,4\n", "looks like data"),
        ("2019,2020\n3,4\n", None),
        ("5\n", None),
    ],
)
def test_what_may_be_other_than_it_looks(content: str, note: str | None) -> None:
    reading = Reading(ReadOptions())
    find_layout(content, True, reading, ",")
    assert (note or "") in str(reading.note("d.csv") or "")
    assert note is not None or not reading.remarks
