"""Variables from files: every format, and every way for a file to be wrong."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from graph_agent.errors import RequestError, VariableFileError
from graph_agent.samples import load_tips, tips_path
from graph_agent.variable_files import read_variable_file, read_variable_files

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", None]})


def read(path: Path, *, trust_pickle: bool = False) -> object:
    name, value = read_variable_file(f"v={path}", trust_pickle=trust_pickle)
    assert name == "v"
    return value


def write_stream(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "d.csv": lambda f, p: f.to_csv(p, index=False),
    "d.CSV": lambda f, p: f.to_csv(p, index=False),
    "semicolon.csv": lambda f, p: f.to_csv(p, index=False, sep=";"),
    "bom.csv": lambda f, p: f.to_csv(p, index=False, encoding="utf-8-sig"),
    "excel-unicode.csv": lambda f, p: f.to_csv(p, index=False, sep="\t", encoding="utf-16"),
    "d.csv.gz": lambda f, p: f.to_csv(p, index=False),
    "d.csv.bz2": lambda f, p: f.to_csv(p, index=False),
    "d.csv.xz": lambda f, p: f.to_csv(p, index=False),
    "d.tsv": lambda f, p: f.to_csv(p, index=False, sep="\t"),
    "d.jsonl": lambda f, p: f.to_json(p, orient="records", lines=True),
    "d.ndjson": lambda f, p: f.to_json(p, orient="records", lines=True),
    "d.json": lambda f, p: f.to_json(p, orient="records"),
    "d.json.gz": lambda f, p: f.to_json(p, orient="records"),
    "d.parquet": lambda f, p: f.to_parquet(p),
    "d.feather": lambda f, p: f.to_feather(p),
    "stream.arrow": write_stream,
    "file.arrow": lambda f, p: f.to_feather(p, compression="uncompressed"),
    "d.xlsx": lambda f, p: f.to_excel(p, index=False),
}


@pytest.mark.parametrize("file_name", WRITERS)
def test_tables_become_data_frames(tmp_path: Path, file_name: str) -> None:
    path = tmp_path / file_name
    WRITERS[file_name](FRAME, path)
    value = read(path)
    assert isinstance(value, pd.DataFrame)
    assert_frame_equal(value, FRAME)


def test_the_sample_reads_as_pandas_reads_it() -> None:
    value = read(tips_path())
    assert isinstance(value, pd.DataFrame)
    assert_frame_equal(value, load_tips())


def test_a_parquet_file_gets_no_column_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "year=2020"
    folder.mkdir()
    FRAME.to_parquet(folder / "d.parquet")
    value = read(folder / "d.parquet")
    assert isinstance(value, pd.DataFrame)
    assert list(value) == ["a", "b"]


def test_a_long_csv_with_mixed_cells_has_one_type_a_column(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("a\n" + "1\n" * 300_000 + "x\n")
    value = read(path)
    assert isinstance(value, pd.DataFrame)
    assert {type(cell) for cell in value["a"]} == {str}


@pytest.mark.parametrize("value", [{"a": [1, 2]}, [1, 2], [], [{"a": {"b": 1}}], "text", 3, None])
def test_other_json_stays_what_it_is(tmp_path: Path, value: object) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps(value))
    assert read(path) == value


def test_json_lines_that_are_no_objects_become_a_list(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('1\n\n"two\u2028lines"\n[3]\n', encoding="utf-8")
    assert read(path) == [1, "two\u2028lines", [3]]


def test_a_workbook_of_several_sheets_becomes_a_dict(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    with pd.ExcelWriter(path) as writer:
        FRAME.to_excel(writer, sheet_name="one", index=False)
        FRAME.head(1).to_excel(writer, sheet_name="two", index=False)
        pd.DataFrame().to_excel(writer, sheet_name="empty")
    value = read(path)
    assert isinstance(value, dict)
    assert {name: frame.shape for name, frame in value.items()} == {"one": (3, 2), "two": (1, 2)}


def test_npy_becomes_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", np.arange(6.0).reshape(2, 3))
    value = read(tmp_path / "d.npy")
    assert isinstance(value, np.ndarray)
    assert value.shape == (2, 3)


class Exploit:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("suffix", ["pkl", "pickle"])
def test_pickles_are_read_only_if_trusted(tmp_path: Path, suffix: str) -> None:
    path, mark = tmp_path / f"d.{suffix}", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Exploit(mark)))
    with pytest.raises(VariableFileError, match=r"is a pickle.*--trust-pickle"):
        read(path)
    assert not mark.exists()
    read(path, trust_pickle=True)
    assert mark.exists()


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    np.save(tmp_path / "d.npy", np.array([Exploit(mark)], dtype=object), allow_pickle=True)
    (tmp_path / "e.npy").write_bytes(pickle.dumps(Exploit(mark)))
    with pytest.raises(VariableFileError, match="holds Python objects"):
        read(tmp_path / "d.npy", trust_pickle=True)
    with pytest.raises(VariableFileError, match=r"is not an \.npy file"):
        read(tmp_path / "e.npy", trust_pickle=True)
    assert not mark.exists()


@pytest.mark.parametrize("file_name", ["notes.txt", "noext", "a.tar.gz", "x.npz", "old.xls"])
def test_any_other_file_is_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_name: str
) -> None:
    (tmp_path / file_name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    value = read(Path(file_name))
    assert value == tmp_path / file_name
    assert isinstance(value, Path)


def test_files_may_have_an_equals_sign_and_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a=b.bin").write_bytes(b"1")
    assert read_variable_file("v=~/a=b.bin") == ("v", tmp_path / "a=b.bin")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("tips.csv", r"'tips.csv' is not NAME=FILE; write it like 'tips=tips.csv'"),
        ("tips=", r"'tips=' is not NAME=FILE"),
        ("", r"'' is not NAME=FILE"),
        ("=tips.csv", r"variable name '' is not a Python identifier"),
        ("my data=x.csv", r"variable name 'my data' is not a Python identifier"),
        ("class=x.csv", r"variable name 'class' is a Python keyword"),
        ("__x=x.csv", r"starts with two underscores"),
        ("v=/nowhere/x.csv", r"variable 'v': .*x\.csv' does not exist"),
        ("v=a\0b.csv", r"variable 'v': .* cannot be looked at"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    with pytest.raises(VariableFileError, match=message):
        read_variable_file(spec)


@pytest.mark.parametrize(
    ("file_name", "content", "message"),
    [
        ("d.csv", b"", "is empty"),
        ("d.npy", b"", "is empty"),
        ("d.csv", b"\n\n", "is not what its name says"),
        ("d.csv", b"a,b\n1,caf\xe9\n", "is not utf-8 text; save it as UTF-8"),
        ("d.csv", b'a,b\n1,2\n1,2,3,4,"5\n', "is not what its name says"),
        ("d.json", b"\xe9", "is not utf-8 text"),
        ("d.json", b"{'a': 1}", r"is not what its name says \(Expecting property name"),
        ("d.json", b"[" * 200_000, "is not what its name says"),
        ("d.jsonl", b'{"a": 1}\nnope\n', "is not JSON in line 2"),
        ("d.jsonl", b"\n \n", "is empty"),
        ("d.csv.gz", b"no gzip", "cannot be read"),
        ("d.csv.gz", gzip.compress(b"a\n" * 99, mtime=0)[:-9], "is not what its name says"),
        ("d.parquet", b"PAR1 not really", "is not what its name says"),
        ("d.arrow", b"ARROW1 not really", "is not what its name says"),
        ("d.feather", b"\x10\x00\x00\x00junk", "is not what its name says"),
        ("d.xlsx", b"PK\x03\x04 not really", "is not what its name says"),
        ("d.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", "is not what its name says"),
    ],
)
def test_files_that_are_not_what_their_name_says(
    tmp_path: Path, file_name: str, content: bytes, message: str
) -> None:
    path = tmp_path / file_name
    path.write_bytes(content)
    with pytest.raises(VariableFileError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"variable 'v': {str(path)!r} ")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, RequestError)


def test_a_workbook_without_cells(tmp_path: Path) -> None:
    pd.DataFrame().to_excel(tmp_path / "d.xlsx")
    with pytest.raises(VariableFileError, match="has no sheet with cells in it"):
        read(tmp_path / "d.xlsx")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VariableFileError, match="is a folder"):
        read(tmp_path)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(VariableFileError, match="is not a regular file"):
        read(tmp_path / "pipe.csv")


def test_a_missing_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FRAME.to_excel(tmp_path / "d.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(VariableFileError, match=r"openpyxl.*pip install 'codegen-agent\[data\]'"):
        read(tmp_path / "d.xlsx")


def test_several_files_keep_their_order(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "a.csv")
    (tmp_path / "b.txt").write_text("x")
    values = read_variable_files([f"b={tmp_path / 'b.txt'}", f"a={tmp_path / 'a.csv'}"])
    assert list(values) == ["b", "a"]


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("x")
    spec = f"b={tmp_path / 'b.txt'}"
    with pytest.raises(VariableFileError, match="'b' is given twice"):
        read_variable_files([spec, spec])


def test_all_are_checked_before_any_is_read(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "d.pkl").write_bytes(pickle.dumps(Exploit(mark)))
    specs = [f"a={tmp_path / 'd.pkl'}", f"b={tmp_path / 'missing.csv'}"]
    with pytest.raises(VariableFileError, match="does not exist"):
        read_variable_files(specs, trust_pickle=True)
    assert not mark.exists()
