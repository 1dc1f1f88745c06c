"""Files as variables: only from the allowed folder, readable, of limited size."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from graph_agent.errors import RequestError
from graph_agent.files import uploads
from graph_agent.files.uploads import MAX_UPLOAD_BYTES, stored_uploads
from sandbox import VariableBundle, VariableStore
from tests.resources_used import used


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def read_uploads(files: Any, folder: Path | None, scratch: Path) -> dict[str, Any]:
    """Store uploads and load their values, as a container would."""
    store = VariableStore(scratch / "store")
    stored = stored_uploads(files, folder, scratch, store, "sample")
    bundle = VariableBundle.from_json(stored["variables"])
    assert [summary["name"] for summary in stored["summaries"]] == [
        variable.name for variable in bundle.variables
    ]
    buffers = [store.get(buffer.sha256) for buffer in bundle.buffers]
    values = pickle.Unpickler(io.BytesIO(store.get(bundle.pickle)), buffers=buffers)
    return {variable.name: values.load() for variable in bundle.variables}


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
    created = tmp_path / "scratch"
    created.mkdir()
    return created


def test_paths_and_contents_side_by_side(folder: Path, scratch: Path) -> None:
    files: Any = [
        {"name": "a", "path": "a.csv"},
        {"name": "b", "path": "sub/../sub/b.json"},
        {"name": "whole", "path": str(folder / "a.csv")},
        {"name": "c", "content": encoded(b"n\n3\n"), "file_name": "c.csv"},
        {"name": "d", "content": f"data:text/csv;base64,{encoded(b'[7]')}", "file_name": "c.json"},
    ]
    values = read_uploads(files, folder, scratch)
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
def test_files_outside_and_missing_files_give_the_same_error(
    folder: Path, scratch: Path, path: str
) -> None:
    (folder / "out.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    os.mkfifo(folder / "pipe.csv")
    errors = []
    for tried in (path, "missing.csv"):
        with pytest.raises(RequestError, match="no file") as raised:
            read_uploads([{"name": "x", "path": tried}], folder, scratch)
        errors.append(str(raised.value).replace(repr(tried), "PATH"))
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ({"name": "x"}, "either a path or a content"),
        ({"name": "x", "path": "a.csv", "content": ""}, "either a path or a content"),
        ({"path": "a.csv"}, "needs a name"),
        ("a.csv", "needs a name"),
        ({"name": "x", "path": 7}, "not a path"),
        ({"name": "x", "path": ""}, "not a path"),
        ({"name": "x", "path": "a\0.csv"}, "not a path"),
        ({"name": "x", "content": 7, "file_name": "a.csv"}, "base64 text"),
        ({"name": "x", "content": "@@@", "file_name": "a.csv"}, "not base64"),
        ({"name": "x", "content": "MQ=="}, "needs a file_name"),
        ({"name": "x", "content": "MQ==", "file_name": ".."}, "not a file name"),
        ({"name": "x", "content": "MQ==", "file_name": "n" * 300 + ".csv"}, "not a file name"),
        ({"name": "x", "content": "MQ==", "file_name": "evil.pkl"}, "pickle"),
        ({"name": "not a name", "content": "MQ==", "file_name": "a.txt"}, "name"),
    ],
)
def test_malformed_files_say_what_is_wrong(
    folder: Path, scratch: Path, file: Any, problem: str
) -> None:
    with pytest.raises(RequestError, match=problem) as raised:
        read_uploads([file], folder, scratch)
    assert "\n" not in str(raised.value)


def _table_of_one_text() -> bytes:
    table, file = pa.table({"a": ["x" * 60_000] * 1_000}), io.BytesIO()
    with pyarrow.parquet.ParquetWriter(file, table.schema) as writer:
        for _ in range(20):
            writer.write_table(table)
    return file.getvalue()


ROWS = (b"1" * 1_000 + b",2\n") * 10_000
"""Compressed once and repeated: compressing a gigabyte takes longer than refusing it."""
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("a.csv.gz", lambda: gzip.compress(b"n,m\n") + gzip.compress(ROWS, 9) * 100),
    "bzip2": ("a.csv.bz2", lambda: bz2.compress(b"n,m\n") + bz2.compress(ROWS) * 100),
    "xz": ("a.json.xz", lambda: lzma.compress(b"[" + b"[]," * 30_000_000 + b"1]", preset=0)),
    "parquet": ("a.parquet", _table_of_one_text),
    "deep json": ("a.json", lambda: b"[" * 10_000_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_small_files_of_huge_content_are_refused_at_no_cost_here(
    folder: Path, scratch: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "READ_MEMORY_BYTES", 512 << 20)
    file_name, make = BOMBS[name]
    content = encoded(make())
    assert len(content) < MAX_UPLOAD_BYTES
    file = {"name": "x", "content": content, "file_name": file_name}
    with used() as found, pytest.raises(RequestError, match="'x'") as raised:
        read_uploads([file], folder, scratch)
    if name != "deep json":
        assert "too large once read" in str(raised.value)
        assert "rows or columns" in str(raised.value)
    assert found.grown_mb < 200
    assert found.cpu_s < 3


def test_without_a_folder_no_path_is_accepted(scratch: Path, folder: Path) -> None:
    path = str(folder / "a.csv")
    with pytest.raises(RequestError, match="CODEGEN_AGENT_FILES"):
        read_uploads([{"name": "x", "path": path}], None, scratch)


@pytest.mark.parametrize("name", ["../../up.csv", "/etc/cron.d/up.csv", "..\\..\\up.csv"])
def test_a_file_name_cannot_choose_the_folder(
    folder: Path, scratch: Path, tmp_path: Path, name: str
) -> None:
    before = {path for path in tmp_path.rglob("*") if scratch not in path.parents}
    read_uploads([{"name": "x", "content": encoded(b"n\n1\n"), "file_name": name}], folder, scratch)
    assert {path for path in tmp_path.rglob("*") if scratch not in path.parents} == before
    assert not Path("/etc/cron.d/up.csv").exists()


def test_all_contents_together_are_limited(folder: Path, scratch: Path) -> None:
    half = encoded(bytes(MAX_UPLOAD_BYTES // 2 + 1000))
    files: Any = [{"name": n, "content": half, "file_name": f"{n}.bin"} for n in "ab"]
    with pytest.raises(RequestError, match="'b': all contents together.* 20 MB"):
        read_uploads(files, folder, scratch)


def test_the_same_name_twice(folder: Path, scratch: Path) -> None:
    files: Any = [{"name": "x", "path": "a.csv"}, {"name": "x", "path": "sub/b.json"}]
    with pytest.raises(RequestError, match="'x'"):
        read_uploads(files, folder, scratch)
