"""The SQLite database: private, strict, and readable while it is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, open_saver
from tests.graph_agent.checkpoints.saving import THREAD, crafted, save


def test_it_is_private_and_lets_readers_in_beside_a_writer(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    with open_saver(state):
        path = state / FILE_NAME
        for file in (path, *state.glob(f"{FILE_NAME}-*")):
            assert file.stat().st_mode & 0o077 == 0, file
        assert state.stat().st_mode & 0o077 == 0
        with sqlite3.connect(path) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.close()


def test_the_mode_of_an_older_file_is_narrowed(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    (tmp_path / FILE_NAME).chmod(0o644)
    with open_saver(tmp_path):
        assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"),
        open_saver(tmp_path / "file" / "state"),
    ):
        pass


def test_a_crafted_checkpoint_in_the_database_calls_nothing(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    evil = tmp_path / "evil"
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        changed = other.execute(
            "UPDATE checkpoints SET checkpoint = ?", (crafted(f"touch {evil}"),)
        )
        assert changed.rowcount == 1
    other.close()
    with open_saver(tmp_path) as saver, pytest.raises(CheckpointError, match="move it away"):
        saver.get_tuple(THREAD)
    assert not evil.exists()
