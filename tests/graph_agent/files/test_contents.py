"""Files that aren't what their names say are refused in plain words."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from graph_agent.errors import VariableFileError
from graph_agent.files.contents import check_is_table, check_is_text
from tests.graph_agent.files.test_delimited import read

TABLE = pa.table({"a": [1]})


def _written(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def _workbook() -> bytes:
    return _written(openpyxl.Workbook().save)


OTHERS = {
    "xlsx": (_workbook, ".xlsx"),
    "old xls": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), ".xlsx"),
    "parquet": (lambda: _written(lambda f: pq.write_table(TABLE, f)), ".parquet"),
    "arrow": (lambda: _written(lambda f: pyarrow.feather.write_feather(TABLE, f)), ".arrow"),
    "gzip": (lambda: gzip.compress(b"a,b\n1,2\n"), ".gz"),
    "bzip2": (lambda: bz2.compress(b"a,b\n1,2\n"), ".bz2"),
    "xz": (lambda: lzma.compress(b"a,b\n1,2\n"), ".xz"),
    "npy": (lambda: _written(lambda f: np.save(f, np.arange(3))), ".npy"),
    "pdf": (lambda: b"%PDF-1.7\n", "PDF"),
    "html": (lambda: b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
    "xml": (lambda: b'<?xml version="1.0"?><rows/>', "web page or XML"),
    "json": (lambda: b'[{"a": 1}, {"a": 2}]', ".json"),
    "json lines": (lambda: b'{"a": 1}\n{"a": 2}\n', ".json"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_no_table_is_made_of_something_else(kind: str, tmp_path: Path) -> None:
    make, told = OTHERS[kind]
    with pytest.raises(VariableFileError, match=told.replace(".", r"\.")):
        read(tmp_path, make())


def test_a_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "d.db") as database:
        database.execute("create table t (a)")
    database.close()
    with pytest.raises(VariableFileError, match="SQLite"):
        read(tmp_path, (tmp_path / "d.db").read_bytes())


@pytest.mark.parametrize(
    "start", [b"", b"a,b\n1,2\n", b"PKW,km\n", b'"{""a"": 1}",2\n', b"<5,>7\n", "ü".encode()]
)
def test_tables_are_not_taken_for_something_else(start: bytes) -> None:
    check_is_table(start)
    check_is_text(start)
