"""Read Excel workbooks. Cells keep the types that they have in the workbook."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import IO, Any

from graph_agent.errors import VariableFileError
from graph_agent.files.columns import column_of, unique_names
from graph_agent.files.first_lines import title_lines
from graph_agent.files.reading import Reading

_OLE_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1")
_WITHOUT_VALUE = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>\s*)?</c>'
)
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+\d+:[A-Z]+(\d+))"')
_MAX_TITLE_ROWS = 10
_SAMPLE_ROWS = 200


def read_workbook(path: Path, reading: Reading) -> Any:
    """Read one sheet as a frame; several become a dict of frames."""
    with path.open("rb") as file:
        if file.read(8) == _OLE_CONTAINER:
            raise VariableFileError(
                "is protected by a password, or an old .xls file; save it from Excel as .xlsx"
                " without a password"
            )
        file.seek(0)
        with warnings.catch_warnings():
            # openpyxl warns about unknown styles and validations, which don't affect values.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            sheets = _read_sheets(file, reading)
    if not sheets:
        raise VariableFileError("has no sheet with data; give a file with data in it")
    return sheets if len(sheets) > 1 else next(iter(sheets.values()))


def _read_sheets(file: IO[bytes], reading: Reading) -> dict[str, Any]:
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        sheets, wanted = book.worksheets, reading.options.sheet
        if wanted is not None:
            titles = [sheet.title for sheet in sheets]
            if wanted not in titles:
                raise VariableFileError(
                    f"has no sheet {wanted!r}; its sheets are {', '.join(map(repr, titles))}"
                )
            sheets = [sheets[titles.index(wanted)]]
        frames = {}
        for sheet in sheets:
            if rows := _rows(sheet):
                _check_formulas(file, sheet)
                header = _header_row(rows)
                _remark(file, sheet, rows, header, reading)
                frames[sheet.title] = _frame(rows, header)
        if len(frames) > 1:
            hidden = [s.title for s in sheets if s.sheet_state != "visible" and s.title in frames]
            listed = f" (hidden: {', '.join(map(repr, hidden))})" if hidden else ""
            reading.remarks.append(f"a dict of {len(frames)} sheets{listed}; --sheet reads one")
        return frames
    finally:
        book.close()


def _rows(sheet: Any) -> list[list[Any]]:
    """Return the cells' values from the first row to the last one with data, equally wide."""
    sheet.reset_dimensions()  # some programs write wrong ones
    rows = [[_value(cell) for cell in row] for row in sheet.rows]
    while rows and not _filled(rows[-1]):
        rows.pop()
    width = max((max(_filled(row), default=-1) + 1 for row in rows), default=0)
    return [[*row[:width], *[None] * (width - len(row))] for row in rows]


def _value(cell: Any) -> Any:
    value = cell.value
    if value == "" or cell.data_type == "e":
        return None
    # Excel has no integers: a whole number may be stored with a decimal point or an exponent.
    return int(value) if type(value) is float and value.is_integer() else value


def _filled(row: list[Any]) -> list[int]:
    return [position for position, value in enumerate(row) if value is not None]


def _remark(
    file: IO[bytes], sheet: Any, rows: list[list[Any]], header: int, reading: Reading
) -> None:
    """Say which rows are left out, and where merged cells have no value."""
    said = f"sheet {sheet.title!r}"
    if header and any(map(_filled, rows[:header])):
        lines = "row 1" if header == 1 else f"rows 1 to {header}"
        reading.remarks.append(f"{said}: {lines} taken for a title; the header is row {header + 1}")
    ranges = [r.decode() for r, last in _MERGED.findall(_xml(file, sheet)) if int(last) > header]
    if ranges:
        more = f" and {len(ranges) - 1} more" if len(ranges) > 1 else ""
        reading.remarks.append(
            f"{said}: of the merged cells {ranges[0]}{more}, only the first one has the value"
        )


def _frame(rows: list[list[Any]], header: int) -> Any:
    import pandas as pd

    names, body = unique_names(rows[header]), rows[header + 1 :]
    used = [i for i in range(len(names)) if any(row[i] is not None for row in rows[header:])]
    columns = {i: column_of([row[i] for row in body]) for i in used}
    frame = pd.DataFrame(columns)
    frame.columns = [names[i] for i in used]
    return frame


def _header_row(rows: list[list[Any]]) -> int:
    """Return the header's index: below rows that have a title, or names of groups of columns."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows[:_SAMPLE_ROWS]]
    return title_lines(texts) or _below_titles(rows)


def _below_titles(rows: list[list[Any]]) -> int:
    """Return the header's index: below rows that only have a title in their first cell."""
    for index, row in enumerate(rows[: _MAX_TITLE_ROWS + 1]):
        filled = _filled(row)
        if len(filled) > 1:
            texts = all(isinstance(row[position], str) for position in filled)
            return index if texts and len(filled) == len({row[i] for i in filled}) else 0
        if filled and (filled != [0] or not isinstance(row[0], str)):
            return 0
    return 0


def _check_formulas(file: IO[bytes], sheet: Any) -> None:
    """Refuse a sheet with formulas that no program has computed: their cells would be missing."""
    cells = _WITHOUT_VALUE.findall(_xml(file, sheet))
    if cells:
        raise VariableFileError(
            f"has {len(cells)} formula(s) without a computed value on sheet {sheet.title!r}"
            f" (first {cells[0].decode()}); open it in Excel or LibreOffice, save it, and try again"
        )


def _xml(file: IO[bytes], sheet: Any) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return archive.read(sheet._worksheet_path)
