"""Files that would hurt whoever reads them as a variable. Each is made when it is needed."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WORKBOOK = """<?xml version="1.0"?>{doctype}<workbook
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>"""
TYPES = """<?xml version="1.0"?><Types
 xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
ROOT_LINKS = """<?xml version="1.0"?><Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
 Target="{target}"/></Relationships>"""
BOOK_LINKS = """<?xml version="1.0"?><Relationships
 xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
 Target="{target}"/></Relationships>"""
SHEET = """<?xml version="1.0"?>{doctype}<worksheet
 xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>
</worksheet>"""
ROW = '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{text}</t></is></c></row>'
LAUGHS = "<!DOCTYPE w [<!ENTITY a '{}'>{}]>".format(
    "ha" * 40,
    "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    ),
)
MERGED = '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
EXTERNAL = "<!DOCTYPE w [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"


def workbook(
    rows: str | bytes, doctype: str = "", target: str = "worksheets/sheet1.xml", name: str = "S"
) -> bytes:
    """Make an .xlsx file by hand."""
    sheet = rows if isinstance(rows, bytes) else SHEET.format(doctype=doctype, rows=rows).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", TYPES)
        parts.writestr("_rels/.rels", ROOT_LINKS.format(target="xl/workbook.xml"))
        parts.writestr("xl/workbook.xml", WORKBOOK.format(doctype="", name=name))
        parts.writestr("xl/_rels/workbook.xml.rels", BOOK_LINKS.format(target=target))
        parts.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


def _many_rows() -> bytes:
    rows = "".join(ROW.format(n=n, text="x" * 200) for n in range(1, 40_000))
    return workbook(rows)


def _inflating_sheet() -> bytes:
    start = SHEET.partition("{rows}")[0].format(doctype="").encode()
    return workbook(
        start + ROW.format(n=1, text="{}").partition("{}")[0].encode() + b"x" * (1 << 30)
    )


def _npy(dtype: object, shape: str = "(1,)") -> bytes:
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}".ljust(118) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


def _npy_of_objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([os.system], dtype=object), allow_pickle=True)
    return file.getvalue()


def _parquet() -> bytes:
    return b"PAR1" + b"\xff" * 200 + struct.pack("<I", 190) + b"PAR1"


def _parquet_of_one_text() -> bytes:
    codes = pa.array(np.zeros(10**6, "int8"))
    file = io.BytesIO()
    texts = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"a": texts}), file)
    return file.getvalue()


def _arrow(column: pa.Array, metadata: dict[bytes, bytes] | None = None) -> bytes:
    schema = pa.schema([pa.field("a", column.type, metadata=metadata)])
    file = io.BytesIO()
    with pa.ipc.new_file(file, schema) as writer:
        writer.write_table(pa.table([column], schema))
    return file.getvalue()


def _arrow_runs() -> bytes:
    ends = pa.array([2_000_000_000], pa.int32())
    return _arrow(pa.RunEndEncodedArray.from_arrays(ends, pa.array(["x" * 1000])))


def _arrow_with_pickle() -> bytes:
    """A type that PyArrow used to unpickle (CVE-2023-47248)."""
    name, data = b"ARROW:extension:name", b"ARROW:extension:metadata"
    made = {name: b"arrow.py_extension_type", data: pickle.dumps(os.getcwd)}
    return _arrow(pa.array([b"x"]), made)


def _sheet_with(before: str = "", after: str = "") -> bytes:
    sheet = SHEET.format(doctype="", rows=ROW.format(n=1, text="a"))
    sheet = sheet.replace("<sheetData>", f"{before}<sheetData>")
    return workbook(sheet.replace("</sheetData>", f"</sheetData>{after}").encode())


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "pickle": ("x.pkl", lambda: pickle.dumps(os.getcwd)),
    "npy-of-objects": ("x.npy", _npy_of_objects),
    "npy-that-lies": ("x.npy", lambda: _npy("<f8", "(1000000000000,)")),
    "npy-of-code": ("x.npy", lambda: _npy("__import__('os')")),
    "xlsx-inflating": ("x.xlsx", _inflating_sheet),
    "xlsx-laughs": ("x.xlsx", lambda: workbook(ROW.format(n=1, text="&j;"), LAUGHS)),
    "xlsx-external": ("x.xlsx", lambda: workbook(ROW.format(n=1, text="&a;"), EXTERNAL)),
    "xlsx-not-a-zip": ("x.xlsx", lambda: b"PK\x03\x04" + b"\xff" * 500),
    "parquet-broken": ("x.parquet", _parquet),
    "arrow-broken": ("x.arrow", lambda: b"ARROW1\0\0" + b"\xff" * 300),
    "feather-broken": ("x.feather", lambda: b"ARROW1\0\0" + bytes(300) + b"ARROW1"),
    "json-deep": ("x.json", lambda: b"[" * 2_000_000),
    "json-long-number": ("x.json", lambda: b"9" * 1_000_000),
    "empty-name": ("", lambda: b"x"),
    "name-of-folder": ("..", lambda: b"x"),
}
"""File name and content: reading them raises our own error."""
HARMLESS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "xlsx-outside": ("x.xlsx", lambda: workbook(ROW.format(n=1, text="a"), target="../../../x")),
    "xlsx-many-rows": ("x.xlsx", _many_rows),
    "csv-one-line": ("x.csv", lambda: b"a," * 30_000),
    "csv-open-quote": ("x.csv", lambda: b'a,b\n"' + b"x,\n" * 2_000_000),
    "csv-zero-bytes": ("x.csv", lambda: b"a,b\n\0\0\0,1\n" * 1000),
    "csv-many-columns": ("x.csv", lambda: b",".join([b"c"] * 20_000) + b"\n"),
    "csv-bz2-bomb": ("x.csv.bz2", lambda: bz2.compress(bytes(1 << 26))),
    "csv-xz-bomb": ("x.csv.xz", lambda: lzma.compress(bytes(1 << 26))),
    "parquet-of-one-text": ("x.parquet", _parquet_of_one_text),
    "arrow-runs": ("x.arrow", _arrow_runs),
    "arrow-nulls": ("x.arrow", lambda: _arrow(pa.nulls(2_000_000_000))),
    "arrow-with-pickle": ("x.arrow", _arrow_with_pickle),
    "json-exponents": ("x.json", lambda: b'[{"a": 1e999999999, "b": -1e-999999999}]'),
    "xlsx-dimension": ("x.xlsx", lambda: _sheet_with('<dimension ref="A1:XFD1048576"/>')),
    "xlsx-merged-cells": ("x.xlsx", lambda: _sheet_with(after=MERGED)),
    "csv-gzip-bomb": ("x.csv", lambda: gzip.compress(bytes(1 << 28))),
    "json-wide": ("x.json", lambda: json.dumps([{"a": n} for n in range(100_000)]).encode()),
    "json-nan": ("x.json", lambda: b'[{"a": NaN, "b": Infinity}]'),
    "path-above": ("../../x.csv", lambda: b"a\n1\n"),
    "path-absolute": ("/etc/x.csv", lambda: b"a\n1\n"),
    "path-of-windows": ("..\\..\\x.csv", lambda: b"a\n1\n"),
    "name-hidden": (".env", lambda: b"CODEGEN_AGENT_MODEL=x"),
}
"""Reading them gives a variable or our own error, in limited time and memory."""
