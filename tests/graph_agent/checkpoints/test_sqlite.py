"""The SQLite database: strict, private, open to several processes."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_POS_ARGS, JsonPlusSerializer

from graph_agent import CheckpointError
from graph_agent.checkpoints import (
    FILE_NAME,
    open_saver,
    runs,
    strict_serializer,
    thread_exists,
)
from tests.graph_agent.checkpoints.small_graph import save


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


def test_a_file_from_before_with_a_wider_mode_is_narrowed(tmp_path: Path) -> None:
    save(tmp_path, "one", request="x")
    (tmp_path / FILE_NAME).chmod(0o644)
    assert thread_exists(tmp_path, "one")
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"),
        open_saver(tmp_path / "file" / "state"),
    ):
        pass


def crafted(command: str) -> bytes:
    """Write a value that asks whoever loads it to call ``os.system``."""
    call = ormsgpack.packb(("os", "system", (command,)))
    return ormsgpack.packb(ormsgpack.Ext(EXT_CONSTRUCTOR_POS_ARGS, call))


def test_a_crafted_value_calls_nothing(tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    blob = crafted(f"touch {evil}")
    strict_serializer().loads_typed(("msgpack", blob))
    assert not evil.exists()
    # The same blob would run where the format is permissive: it is the real attack.
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", blob))
    assert evil.exists()


def test_a_crafted_checkpoint_in_the_database_calls_nothing(tmp_path: Path) -> None:
    save(tmp_path, "one", request="x")
    evil = tmp_path / "evil"
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        changed = other.execute(
            "UPDATE checkpoints SET checkpoint = ?", (crafted(f"touch {evil}"),)
        )
        assert changed.rowcount == 1
    other.close()
    with open_saver(tmp_path) as saver, pytest.raises(CheckpointError, match="move it away"):
        saver.get_tuple({"configurable": {"thread_id": "one"}})
    assert not evil.exists()


def write_one(state_dir: Path, number: int) -> None:
    for turn in range(5):
        save(state_dir, f"{number}-{turn}", request="x")


def test_processes_that_open_it_at_once_all_write(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_one, args=(tmp_path, one)) for one in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with open_saver(tmp_path) as saver:
        assert len(runs(saver)) == 20
