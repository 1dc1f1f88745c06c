"""Excel workbooks: cells keep their types, and unreadable workbooks say why."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook

from graph_agent.errors import VariableFileError
from graph_agent.files.reading import Reading, ReadOptions
from graph_agent.files.workbooks import read_workbook


def book(folder: Path, **sheets: list[list[Any]]) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(folder / "d.xlsx")
    return folder / "d.xlsx"


def read(path: Path, sheet: str | None = None) -> tuple[Any, str | None]:
    reading = Reading(ReadOptions(sheet=sheet))
    return read_workbook(path, reading), reading.note(path.name)


def test_cells_keep_their_types(tmp_path: Path) -> None:
    rows = [
        ["zip", "code", "n", "x", "when", "ok", "blank", "mixed"],
        ["01067", "NA", 1, 1.5, datetime.datetime(2024, 1, 2), True, None, 1],
        ["1E5", "None", None, None, None, False, None, "NA"],
        ["7", "null", 3, 2, datetime.datetime(2024, 1, 3), True, None, 2.5],
    ]
    frame, note = read(book(tmp_path, one=rows))
    assert note is None
    assert frame["zip"].tolist() == ["01067", "1E5", "7"]
    assert frame["code"].tolist() == ["NA", "None", "null"]
    assert frame["n"].tolist() == [1, pd.NA, 3]
    assert str(frame["n"].dtype) == "Int64"
    assert str(frame["x"].dtype) == "float64"
    assert frame["when"].dtype.kind == "M"
    assert str(frame["ok"].dtype) == "bool"
    assert frame["blank"].isna().all()
    assert frame["mixed"].tolist() == [1, "NA", 2.5]


def test_headers_as_pandas_names_them(tmp_path: Path) -> None:
    frame, note = read(book(tmp_path, one=[["a", "a", None, 2024], [1, 2, 3, 4]]))
    assert list(frame) == ["a", "a.1", "Unnamed: 2", 2024]
    assert note is None


def test_an_index_without_a_name_is_no_title(tmp_path: Path) -> None:
    pd.DataFrame({"a": ["x", "y"]}, index=["r", "s"]).to_excel(tmp_path / "d.xlsx")
    frame, note = read(tmp_path / "d.xlsx")
    assert list(frame) == ["Unnamed: 0", "a"]
    assert frame.shape == (2, 2)
    assert note is None


def test_title_rows_are_left_out_and_said(tmp_path: Path) -> None:
    workbook = Workbook()
    for row in (["Sales 2024"], [], ["city", "n"], ["Rome", 3]):
        workbook.active.append(row)
    workbook.active.merge_cells("A1:B1")
    workbook.save(tmp_path / "d.xlsx")
    frame, note = read(tmp_path / "d.xlsx")
    assert frame.to_dict("list") == {"city": ["Rome"], "n": [3]}
    assert note is not None
    assert "rows 1 to 2" in note
    assert "row 3" in note


@pytest.mark.parametrize(
    "above", [["Group A", None, "Group B", None], ["Report", None, None, "page 1"]]
)
def test_names_of_groups_are_left_out_and_said(tmp_path: Path, above: list[Any]) -> None:
    frame, note = read(book(tmp_path, one=[above, ["x", "y", "z", "w"], [1, 2, 3, 4]]))
    assert frame.to_dict("list") == {"x": [1], "y": [2], "z": [3], "w": [4]}
    assert note == "d.xlsx: sheet 'one': row 1 taken for a title; the header is row 2"


def test_merged_cells_below_the_header_are_said(tmp_path: Path) -> None:
    workbook = Workbook()
    for row in (["g", "v"], ["a", 1], [None, 2], ["b", 3]):
        workbook.active.append(row)
    workbook.active.merge_cells("A2:A3")
    workbook.save(tmp_path / "d.xlsx")
    frame, note = read(tmp_path / "d.xlsx")
    assert frame["v"].tolist() == [1, 2, 3]
    assert "A2:A3" in str(note)


def test_several_sheets_and_hidden_ones_are_said(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.append(["a"])
    workbook.create_sheet("old").append(["b"])
    workbook["old"].sheet_state = "hidden"
    workbook.save(tmp_path / "d.xlsx")
    sheets, note = read(tmp_path / "d.xlsx")
    assert set(sheets) == {"Sheet", "old"}
    assert note == "d.xlsx: a dict of 2 sheets (hidden: 'old'); --sheet reads one"


def test_columns_without_any_cell_are_left_out(tmp_path: Path) -> None:
    frame, note = read(book(tmp_path, one=[[None, "a", "b"], [None, 1, 2]]))
    assert frame.to_dict("list") == {"a": [1], "b": [2]}
    assert note is None


def test_one_sheet_by_its_name(tmp_path: Path) -> None:
    path = book(tmp_path, one=[["a"], [1]], two=[["b"], [2]])
    frame, _ = read(path, "two")
    assert frame["b"].tolist() == [2]
    assert set(read(path)[0]) == {"one", "two"}
    with pytest.raises(VariableFileError, match="no sheet 'three'; its sheets are 'one', 'two'"):
        read(path, "three")


def test_a_header_alone(tmp_path: Path) -> None:
    frame, _ = read(book(tmp_path, one=[["a", "b"]]))
    assert list(frame) == ["a", "b"]
    assert len(frame) == 0


def test_formulas_that_were_never_computed(tmp_path: Path) -> None:
    path = book(tmp_path, one=[["a", "b"], [1, "=A2*2"]], two=[["c"], [1]])
    with pytest.raises(VariableFileError, match=r"1 formula.*'one' \(first B2\).*Excel"):
        read(path)
    assert read(path, "two")[0]["c"].tolist() == [1]


def test_a_protected_workbook(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096))
    with pytest.raises(VariableFileError, match="protected by a password"):
        read(path)
