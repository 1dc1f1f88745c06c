"""Variables from files, and every way for a file to be wrong."""

from __future__ import annotations

import gzip
import os
import pickle
import socket
import sys
from pathlib import Path

import pytest

from graph_agent.errors import RequestError, VariableFileError
from graph_agent.files.reading import ReadOptions
from graph_agent.files.variable_files import read_variable_files
from tests.graph_agent.files.sample_files import FRAME, Exploit


def read(path: Path, *, trust_pickle: bool = False) -> object:
    return read_variable_files([f"v={path}"], trust_pickle=trust_pickle)["v"]


@pytest.mark.parametrize("suffix", ["pkl", "pickle"])
def test_pickles_are_read_only_if_trusted(tmp_path: Path, suffix: str) -> None:
    path, mark = tmp_path / f"d.{suffix}", tmp_path / "mark"
    path.write_bytes(pickle.dumps(Exploit(mark)))
    with pytest.raises(VariableFileError, match=r"is a pickle.*--trust-pickle"):
        read(path)
    assert not mark.exists()
    read(path, trust_pickle=True)
    assert mark.exists()


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
    assert read_variable_files(["v=~/a=b.bin"]) == {"v": tmp_path / "a=b.bin"}


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
        ("v=/nowhere/x.csv", r"variable 'v': .*x\.csv' does not exist; nor does its folder"),
        ("v=a\0b.csv", r"variable 'v': .* cannot be accessed"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    with pytest.raises(VariableFileError, match=message):
        read_variable_files([spec])


@pytest.mark.parametrize(
    ("file_name", "content", "message"),
    [
        ("d.csv", b"", "is empty"),
        ("d.npy", b"", "is empty"),
        ("d.csv", b"\n\n", "is empty"),
        ("d.csv", b'a,b\n1,2\n1,2,3,4,"5\n', "--sep"),
        ("d.json", b"\xe9", "does not match its name"),
        ("d.json", b"{'a': 1}", r"does not match its name \(Expecting property name"),
        ("d.json", b"[" * 200_000, "does not match its name"),
        ("d.jsonl", b'{"a": 1}\nnope\n', "is not JSON in line 2"),
        ("d.jsonl", b"\n \n", "is empty"),
        ("d.csv.gz", b"no gzip", "cannot be read"),
        ("d.csv.gz", gzip.compress(b"a\n" * 99, mtime=0)[:-9], "does not match its name"),
        ("d.parquet", b"PAR1 not really", "does not match its name"),
        ("d.arrow", b"ARROW1 not really", "does not match its name"),
        ("d.feather", b"\x10\x00\x00\x00junk", "does not match its name"),
        ("d.xlsx", b"PK\x03\x04 not really", "does not match its name"),
        ("d.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", "does not match its name"),
    ],
)
def test_files_that_do_not_match_their_name(
    tmp_path: Path, file_name: str, content: bytes, message: str
) -> None:
    path = tmp_path / file_name
    path.write_bytes(content)
    with pytest.raises(VariableFileError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"variable 'v': {str(path)!r} ")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, RequestError)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VariableFileError, match="is a folder"):
        read(tmp_path)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
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


def test_options_and_the_line_about_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("n;x\nä;1,5\n".encode("cp1252"))
    FRAME.to_csv(tmp_path / "b.csv", index=False)
    specs = [f"{name}={tmp_path / name}.csv" for name in "ab"]
    lines: list[str] = []
    read_variable_files(specs, note=lines.append)
    assert lines == ["a.csv: read as cp1252, separator ';', decimal ','"]
    options = ReadOptions(encoding="cp437", separator=";", decimal=".")
    values = read_variable_files(specs[:1], options=options)
    assert values["a"].to_dict("list") == {"n": ["Σ"], "x": ["1,5"]}


def test_a_wrong_encoding_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n\xe9,1\n")
    with pytest.raises(VariableFileError, match="is not utf-8 text.*--encoding"):
        read_variable_files([f"a={tmp_path / 'a.csv'}"], options=ReadOptions(encoding="utf-8"))
