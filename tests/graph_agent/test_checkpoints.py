"""The checkpoint database: strict, private, and clear about what is wrong with it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import ormsgpack
import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_POS_ARGS, JsonPlusSerializer

from graph_agent import CheckpointError
from graph_agent.checkpoints import (
    FILE_NAME,
    is_over,
    open_saver,
    runs,
    strict_serializer,
    thread_exists,
)


def save(state_dir: Path, thread: str, **values: object) -> None:
    with open_saver(state_dir) as saver:
        checkpoint = empty_checkpoint() | {"channel_values": values}
        saver.put({"configurable": {"thread_id": thread, "checkpoint_ns": ""}}, checkpoint, {}, {})


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


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\0" * 9])
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="move it away") as raised, open_saver(tmp_path):
        pass
    assert repr(str(path)) in str(raised.value)
    assert path.read_bytes() == content


def test_another_programs_table_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        other.execute("CREATE TABLE checkpoints (colour TEXT)")
    other.close()
    with pytest.raises(CheckpointError, match="move it away"):
        thread_exists(tmp_path, "x")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"),
        open_saver(tmp_path / "file" / "state"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"), open_saver(tmp_path):
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
    with open_saver(tmp_path) as saver:
        saver.get_tuple({"configurable": {"thread_id": "one"}})
    assert not evil.exists()


def test_runs_newest_first_each_once(tmp_path: Path) -> None:
    save(tmp_path, "old", request="first", decision="done", success=True, attempts=[{}])
    save(tmp_path, "new", request="second", decision="give_up", success=False, attempts=[{}, {}])
    save(tmp_path, "new", request="second", decision="retry", success=False, attempts=[{}, {}])
    with open_saver(tmp_path) as saver:
        found = runs(saver)
    assert [(one.thread_id, one.status, one.attempts) for one in found] == [
        ("new", "unfinished", 2),
        ("old", "solved", 1),
    ]


@pytest.mark.parametrize(
    ("values", "over"),
    [
        ({}, False),
        ({"decision": None, "attempts": [{}]}, False),
        ({"decision": "retry"}, False),
        ({"decision": "done"}, True),
        ({"decision": "give_up"}, True),
    ],
)
def test_over(values: dict[str, object], over: bool) -> None:
    assert is_over(values) is over


def test_a_thread_that_is_not_there(tmp_path: Path) -> None:
    assert not thread_exists(tmp_path, "nowhere")


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
