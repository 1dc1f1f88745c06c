"""Damaged SQLite files: a clear error, and no change to what is left of them."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, open_saver, runs, thread_exists
from tests.graph_agent.checkpoints.small_graph import put, save

PAGE_BYTES = 4096


def rubbish(count: int) -> bytes:
    return random.Random(1).randbytes(count)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A database of many pages, some checkpoints larger than one."""
    with open_saver(tmp_path) as saver:
        for number in range(40):
            put(saver, f"t{number}", request="r" * 300 * number, attempts=[{}])
    return tmp_path / FILE_NAME


def read(folder: Path) -> None:
    with open_saver(folder) as saver:
        assert len(runs(saver)) == 40


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\0" * 9])
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="move it away") as raised, open_saver(tmp_path):
        pass
    assert repr(str(path)) in str(raised.value)
    assert path.read_bytes() == content


def test_everything_after_the_first_page_overwritten(whole: Path) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[:PAGE_BYTES] + rubbish(len(data) - PAGE_BYTES))
    with pytest.raises(CheckpointError, match=r"is damaged.*move it away"):
        read(whole.parent)


def test_any_one_page_overwritten(whole: Path) -> None:
    data = whole.read_bytes()
    told = 0
    for start in range(0, len(data), PAGE_BYTES):
        whole.write_bytes(data[:start] + rubbish(PAGE_BYTES) + data[start + PAGE_BYTES :])
        try:
            read(whole.parent)
        except CheckpointError as error:
            told += "move it away" in str(error)
        for beside in whole.parent.glob(f"{FILE_NAME}-*"):
            beside.unlink()
    # All but those nothing is read from, such as an index's.
    assert told > len(data) / PAGE_BYTES * 0.7


@pytest.mark.parametrize("part", [0.02, 0.5, 0.97])
def test_cut_off(whole: Path, part: float) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(CheckpointError, match="move it away"):
        read(whole.parent)


@pytest.mark.parametrize(
    "change",
    [
        "checkpoint = x'c1c1c1'",  # a byte msgpack does not have
        "checkpoint = substr(checkpoint, 1, 20)",
        "checkpoint = x'01'",  # msgpack, but a number
        "metadata = x'ff00'",
        "metadata = 'no JSON'",
        "type = 'rubbish'",
    ],
)
def test_a_value_that_cannot_be_read(tmp_path: Path, change: str) -> None:
    save(tmp_path, "t", request="x")
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute(f"UPDATE checkpoints SET {change}")
    other.close()
    with pytest.raises(CheckpointError, match="is damaged"):
        thread_exists(tmp_path, "t")
    with pytest.raises(CheckpointError, match="is damaged"), open_saver(tmp_path) as saver:
        runs(saver)
