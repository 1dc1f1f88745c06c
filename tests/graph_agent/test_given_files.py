"""Files as variables: inside the folder only, readable, of a bounded size."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graph_agent.errors import RequestError
from graph_agent.given_files import MAX_UPLOAD_BYTES, read_given_files


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "allowed"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.csv").write_text("n\n1\n2\n")
    (inside / "sub" / "b.json").write_text('{"k": [1]}')
    (tmp_path / "secret.csv").write_text("n\n9\n")
    (tmp_path / "allowed-too").mkdir()
    (tmp_path / "allowed-too" / "c.csv").write_text("n\n9\n")
    return inside


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    place = tmp_path / "scratch"
    place.mkdir()
    return place


def test_paths_and_contents_side_by_side(folder: Path, scratch: Path) -> None:
    files: Any = [
        {"name": "a", "path": "a.csv"},
        {"name": "b", "path": "sub/../sub/b.json"},
        {"name": "whole", "path": str(folder / "a.csv")},
        {"name": "c", "content": encoded(b"n\n3\n"), "file_name": "c.csv"},
        {"name": "d", "content": f"data:text/csv;base64,{encoded(b'[7]')}", "file_name": "c.json"},
    ]
    values = read_given_files(files, folder, scratch)
    expected = pd.DataFrame({"n": [1, 2]})
    pd.testing.assert_frame_equal(values["a"], expected)
    pd.testing.assert_frame_equal(values["whole"], expected)
    assert values["b"] == {"k": [1]}
    assert list(values["c"]["n"]) == [3]
    assert values["d"] == [7]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "../allowed-too/c.csv",
        "sub/../../secret.csv",
        "nowhere.csv",
        "sub",
        ".",
        "out.csv",
        "loop.csv",
        "/etc/hostname",
        "~/secret.csv",
        "pipe.csv",
        "a" * 5000,
    ],
)
def test_what_lies_outside_and_what_is_not_there_are_told_alike(
    folder: Path, scratch: Path, path: str
) -> None:
    (folder / "out.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(RequestError, match="there is no file .* in the folder that may be read"):
        read_given_files([{"name": "x", "path": path}], folder, scratch)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ({"name": "x"}, "either a path or a content"),
        ({"name": "x", "path": "a.csv", "content": ""}, "either a path or a content"),
        ({"path": "a.csv"}, "needs a name"),
        ("a.csv", "needs a name"),
        ({"name": "x", "path": 7}, "no path"),
        ({"name": "x", "path": ""}, "no path"),
        ({"name": "x", "path": "a\0.csv"}, "no path"),
        ({"name": "x", "content": 7, "file_name": "a.csv"}, "text in base64"),
        ({"name": "x", "content": "@@@", "file_name": "a.csv"}, "not base64"),
        ({"name": "x", "content": "MQ=="}, "needs a file_name"),
        ({"name": "x", "content": "MQ==", "file_name": ".."}, "no file name"),
        ({"name": "x", "content": "MQ==", "file_name": "n" * 300 + ".csv"}, "no file name"),
        ({"name": "x", "content": "MQ==", "file_name": "evil.pkl"}, "pickle"),
        ({"name": "not a name", "content": "MQ==", "file_name": "a.txt"}, "name"),
    ],
)
def test_bad_ones_say_what_to_do(folder: Path, scratch: Path, file: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says) as told:
        read_given_files([file], folder, scratch)
    assert "\n" not in str(told.value)


def test_no_folder_is_allowed(scratch: Path, folder: Path) -> None:
    path = str(folder / "a.csv")
    with pytest.raises(RequestError, match="CODEGEN_AGENT_FILES"):
        read_given_files([{"name": "x", "path": path}], None, scratch)


@pytest.mark.parametrize("name", ["../../up.csv", "/etc/cron.d/up.csv", "..\\..\\up.csv"])
def test_a_file_name_names_no_place(folder: Path, scratch: Path, tmp_path: Path, name: str) -> None:
    before = {one for one in tmp_path.rglob("*") if scratch not in one.parents}
    read_given_files(
        [{"name": "x", "content": encoded(b"n\n1\n"), "file_name": name}], folder, scratch
    )
    assert {one for one in tmp_path.rglob("*") if scratch not in one.parents} == before
    assert not Path("/etc/cron.d/up.csv").exists()


def test_contents_are_bounded_together(folder: Path, scratch: Path) -> None:
    half = encoded(bytes(MAX_UPLOAD_BYTES // 2 + 1000))
    files: Any = [{"name": n, "content": half, "file_name": f"{n}.bin"} for n in "ab"]
    with pytest.raises(RequestError, match="'b': all contents together may have 20 MB"):
        read_given_files(files, folder, scratch)


def test_the_same_name_twice(folder: Path, scratch: Path) -> None:
    files: Any = [{"name": "x", "path": "a.csv"}, {"name": "x", "path": "sub/b.json"}]
    with pytest.raises(RequestError, match="'x'"):
        read_given_files(files, folder, scratch)
