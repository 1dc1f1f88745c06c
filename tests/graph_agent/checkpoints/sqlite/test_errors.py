"""Damaged SQLite files: a clear error, and no further damage."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, list_runs, open_saver
from graph_agent.checkpoints.sqlite.errors import translate_sqlite_error
from tests.graph_agent.checkpoints.saving import put

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
        assert len(list_runs(saver)) == 40


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\0" * 9])
def test_a_file_that_is_not_a_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="move it away") as raised, open_saver(tmp_path):
        pass
    assert repr(str(path)) in str(raised.value)
    assert path.read_bytes() == content


def test_overwriting_all_but_the_first_page_is_reported(whole: Path) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[:PAGE_BYTES] + rubbish(len(data) - PAGE_BYTES))
    with pytest.raises(CheckpointError, match=r"is damaged.*move it away"):
        read(whole.parent)


def test_overwriting_a_single_page_is_mostly_reported(whole: Path) -> None:
    data = whole.read_bytes()
    reported = 0
    for start in range(0, len(data), PAGE_BYTES):
        whole.write_bytes(data[:start] + rubbish(PAGE_BYTES) + data[start + PAGE_BYTES :])
        try:
            read(whole.parent)
        except CheckpointError as error:
            reported += "move it away" in str(error)
        for beside in whole.parent.glob(f"{FILE_NAME}-*"):
            beside.unlink()
    # Some pages, such as an index's, aren't read.
    assert reported > len(data) / PAGE_BYTES * 0.7


@pytest.mark.parametrize("part", [0.02, 0.5, 0.97])
def test_a_truncated_file(whole: Path, part: float) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(CheckpointError, match="move it away"):
        read(whole.parent)


def test_other_errors_say_what_to_do(tmp_path: Path) -> None:
    error = translate_sqlite_error(tmp_path / FILE_NAME, OSError(5, "Input/output error"))
    assert "CODEGEN_AGENT_STATE" in str(error)
    assert translate_sqlite_error(tmp_path / FILE_NAME, error) is error
