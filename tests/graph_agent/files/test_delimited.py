"""CSV and its relatives: the layout is found out, and no value changes on the way."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graph_agent.errors import VariableFileError
from graph_agent.files.readers import reader_for
from graph_agent.files.reading import Reading, ReadOptions


def read(
    folder: Path, content: str | bytes, name: str = "d.csv", **options: Any
) -> tuple[pd.DataFrame, str | None]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = Reading(ReadOptions(**options))
    reader = reader_for(name)
    assert reader is not None
    return reader(path, reading), reading.note(name)


def cells(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the cells as Python values, a missing one as None."""
    return {
        name: [None if pd.isna(cell) else cell for cell in frame[name].tolist()] for name in frame
    }


@pytest.mark.parametrize(
    ("content", "expected", "note"),
    [
        ("a,b\n1,2\n", {"a": [1], "b": [2]}, None),
        (
            'Name;"Umsatz, netto";Ort\nA;1;B\n',
            {"Name": ["A"], "Umsatz, netto": [1], "Ort": ["B"]},
            "d.csv: read as separator ';'",
        ),
        (
            "Name\tUmsatz, netto\tOrt\nA\t1\tB\n",
            {"Name": ["A"], "Umsatz, netto": [1], "Ort": ["B"]},
            "d.csv: read as separator '\\t'",
        ),
        ("a|b|c\n1|x|2\n", {"a": [1], "b": ["x"], "c": [2]}, "d.csv: read as separator '|'"),
        ("sep=;\na;b\n1;2\n", {"a": [1], "b": [2]}, "d.csv: read as separator ';'"),
        ('"sep=|"\r\na|b\r\n1|2\r\n', {"a": [1], "b": [2]}, "d.csv: read as separator '|'"),
        ("sep=,\na,b\n1,2\n", {"a": [1], "b": [2]}, None),
        (
            "a,b\n1,2,\n3,4,\n",
            {"a": [1, 3], "b": [2, 4]},
            "d.csv: ignored the separator at the end of each row",
        ),
        (
            "a,b,\n1,2,\n3,4,\n",
            {"a": [1, 3], "b": [2, 4]},
            "d.csv: ignored the separator at the end of each row",
        ),
        (
            "n;betrag\nx;1.234,50\ny;7,5\n",
            {"n": ["x", "y"], "betrag": [1234.5, 7.5]},
            "d.csv: read as separator ';', decimal ','",
        ),
        (
            "Preis, netto;Menge, neu\n1,5;2,5\n3,25;4,5\n",
            {"Preis, netto": [1.5, 3.25], "Menge, neu": [2.5, 4.5]},
            "d.csv: read as separator ';', decimal ','",
        ),
        (
            'a,b\n"1,5",x\n"2,25",y\n',
            {"a": [1.5, 2.25], "b": ["x", "y"]},
            "d.csv: read as decimal ','",
        ),
        ("betrag\n1,5\n2,25\n", {"betrag": [1.5, 2.25]}, "d.csv: read as one column, decimal ','"),
        (
            "text\nhello, world\nplain\n",
            {"text": ["hello, world", "plain"]},
            "d.csv: read as one column",
        ),
        ("a\n1\n2\n", {"a": [1, 2]}, None),
        ('a,b\n"two\nlines",1\n', {"a": ["two\nlines"], "b": [1]}, None),
        ('"a\nb",c\n1,2\n', {"a\nb": [1], "c": [2]}, None),
        ("a,b,c\n1,2\n4,5,6\n", {"a": [1, 4], "b": [2, 5], "c": [None, 6]}, None),
        ("a,a,,a\n1,2,3,4\n", {"a": [1], "a.1": [2], "Unnamed: 2": [3], "a.2": [4]}, None),
        ("a,b\n", {"a": [], "b": []}, None),
        ("a;b;c\n", {"a": [], "b": [], "c": []}, "d.csv: read as separator ';'"),
        ("\n\na,b\n\n1,2\n", {"a": [1], "b": [2]}, None),
        (
            '"x","y"\n"r1",1,2\n"r2",3,4\n',
            {"Unnamed: 0": ["r1", "r2"], "x": [1, 3], "y": [2, 4]},
            "d.csv: the first column has no name in the header",
        ),
        ("t,n\na;b,1\nc;d;e,2\n", {"t": ["a;b", "c;d;e"], "n": [1, 2]}, None),
    ],
)
def test_layouts(
    tmp_path: Path, content: str, expected: dict[str, list[Any]], note: str | None
) -> None:
    frame, found = read(tmp_path, content)
    assert cells(frame) == expected
    assert found == note


@pytest.mark.parametrize(
    ("content", "expected", "is_escaped"),
    [
        ('a,b\n"he said \\"hi\\", twice",1\n', ['he said "hi", twice'], True),
        ('a,b\n"C:\\dir\\",1\n', ["C:\\dir\\"], False),
        ('a,b\n"he said ""hi""",1\n', ['he said "hi"'], False),
        ("a,b\nC:\\dir,1\n", ["C:\\dir"], False),
        ('a,b\n"he said \\"hi\\" twice",1\nx\n', ['he said "hi" twice', "x"], True),
    ],
)
def test_quotes_escaped_by_backslashes(
    tmp_path: Path, content: str, expected: list[str], is_escaped: bool
) -> None:
    frame, note = read(tmp_path, content)
    assert frame["a"].tolist() == expected
    assert ("backslashes" in str(note)) == is_escaped


def test_text_in_two_encodings_is_refused(tmp_path: Path) -> None:
    lines = ["n,w", *(f"{i},Größe {i} für Käse" for i in range(30))]
    mixed = "\n".join(lines).encode() + "\n30,Größe\n".encode("cp1252")
    with pytest.raises(VariableFileError, match="--encoding"):
        read(tmp_path, mixed)
    frame, _ = read(tmp_path, mixed, encoding="cp1252")
    assert frame["w"].tolist()[-1] == "Größe"


TEXTS = "ä,é,ß"


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("cp1252", "d.csv: read as cp1252"),
        ("utf-16", "d.csv: read as utf-16"),
        ("utf-16-le", "d.csv: read as utf-16-le"),
        ("utf-16-be", "d.csv: read as utf-16-be"),
        ("utf-32", "d.csv: read as utf-32"),
    ],
)
@pytest.mark.parametrize("name", ["d.csv", "d.tsv"])
def test_encodings(tmp_path: Path, encoding: str, note: str | None, name: str) -> None:
    separator = "," if name == "d.csv" else "\t"
    content = "Größe,Preis €\ncafé,5\nnaïve,6\n".replace(",", separator)
    frame, found = read(tmp_path, content.encode(encoding), name)
    assert cells(frame) == {"Größe": ["café", "naïve"], "Preis €": [5, 6]}
    assert found == (note and note.replace("d.csv", name))


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1251", "Продажи по городам за год"),
        ("cp932", "東京都の売上高と人口"),
        ("gb18030", "北京市的销售额和人口"),
    ],
)
def test_other_scripts(tmp_path: Path, encoding: str, word: str) -> None:
    content = f"{word},n\n" + f"{word},1\n" * 20
    frame, found = read(tmp_path, content.encode(encoding))
    assert list(frame) == [word, "n"]
    assert found is not None
    assert "read as" in found


def test_an_accent_beyond_the_first_megabytes(tmp_path: Path) -> None:
    content = b"a,b\n" + b"plain,1\n" * 400_000 + "café,2\n".encode("cp1252")
    frame, found = read(tmp_path, content)
    assert frame["a"].iloc[-1] == "café"
    assert found == "d.csv: read as cp1252"


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("a#b\n1#2\n", {"separator": "#"}, {"a": [1], "b": [2]}),
        ("a,b\tc\n1,2\t3\n", {"separator": ","}, {"a": [1], "b\tc": ["2\t3"]}),
        ("a\tb\n1\t2\n", {"separator": "tab"}, {"a": [1], "b": [2]}),
        ("sep=;\na|b\n1|2\n", {"separator": "|"}, {"a": [1], "b": [2]}),
        ("a;b\n1.234;5\n", {"decimal": ","}, {"a": [1234], "b": [5]}),
        ("a;b\n1,5;5\n", {"decimal": "."}, {"a": ["1,5"], "b": [5]}),
        ("a;b\n1,234;5\n", {"decimal": "."}, {"a": [1234], "b": [5]}),
        ("a,b\n\xe9,1\n".encode("latin-1"), {"encoding": "cp437"}, {"a": ["Θ"], "b": [1]}),
        ("a,b\nä,1\n", {"encoding": "utf8"}, {"a": ["ä"], "b": [1]}),
    ],
)
def test_options_decide(
    tmp_path: Path, content: str | bytes, options: dict[str, str], expected: dict[str, list[Any]]
) -> None:
    frame, note = read(tmp_path, content, **options)
    assert cells(frame) == expected
    assert note is None or not any(word in note for word in ("read as separator '#'", "decimal"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b\n1,2,3\n4,5,6\n", "more fields"),
        ("a,b\n1,2\n1,2,3\n", "more fields in data row 2"),
        ("a,b\n1,2\n1,2,3,4,5\n", "don't fit its header"),
        ("\n\n", "is empty"),
        (" \n", "is empty"),
    ],
)
def test_rows_that_do_not_fit_are_not_shifted(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(VariableFileError, match=says):
        read(tmp_path, content)


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnicodeDecodeError):
        read(tmp_path, b"a,b\n\xe9,1\n", encoding="utf-8")


def test_a_field_larger_than_a_block(tmp_path: Path) -> None:
    frame, _ = read(tmp_path, "a,b\n" + "x" * (20 << 20) + ",1\n")
    assert frame["a"].str.len().tolist() == [20 << 20]
    assert frame["b"].tolist() == [1]


def test_columns_can_be_written_to(tmp_path: Path) -> None:
    frame, _ = read(tmp_path, "a,b\n1,1.5\n2,2.5\n")
    frame.loc[0, "a"] = 7
    frame["b"] *= 2
    assert cells(frame) == {"a": [7, 2], "b": [3.0, 5.0]}
    assert math.isclose(frame["b"].sum(), 8.0)
