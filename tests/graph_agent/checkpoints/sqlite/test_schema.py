"""Databases of other versions of LangGraph's saver are used, or refused unchanged.

``old/sqlite-VERSION.sql`` are dumps of what those versions of langgraph-checkpoint-sqlite
wrote, with the graph of ``small_graph`` and two threads: ``whole`` finished, and in
``stop`` the second node raised.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, list_runs, open_saver
from tests.graph_agent.checkpoints.saving import save
from tests.graph_agent.checkpoints.small_graph import build

OLD = sorted((Path(__file__).parent / "old").glob("sqlite-*.sql"))

BEFORE_NAMESPACES = """
CREATE TABLE checkpoints (thread_id TEXT NOT NULL, thread_ts TEXT NOT NULL, parent_ts TEXT,
    checkpoint BLOB, metadata BLOB, PRIMARY KEY (thread_id, thread_ts));
CREATE TABLE writes (thread_id TEXT NOT NULL, thread_ts TEXT NOT NULL, task_id TEXT NOT NULL,
    idx INTEGER NOT NULL, channel TEXT NOT NULL, value BLOB,
    PRIMARY KEY (thread_id, thread_ts, task_id, idx));
INSERT INTO checkpoints VALUES ('t', '2024-05-04T06:32:42', NULL, x'00', x'00');
"""


def make(folder: Path, script: str) -> Path:
    path = folder / FILE_NAME
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def test_the_dumps_are_found() -> None:
    assert [dump.stem for dump in OLD] == ["sqlite-1.0.0", "sqlite-2.0.11"]


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_an_old_database_is_read_and_its_run_resumed(tmp_path: Path, dump: Path) -> None:
    make(tmp_path, dump.read_text())
    with open_saver(tmp_path) as saver:
        found = {run.thread_id: (run.status, run.request) for run in list_runs(saver)}
        assert found == {"whole": ("solved", "Add it up"), "stop": ("unfinished", "Add it up")}
        thread: Any = {"configurable": {"thread_id": "stop"}}
        out = build(saver).invoke(None, thread)
        assert out["success"]
        assert out["attempts"] == [{"number": 1, "code": "x = 1", "execution": {}}]
        whole: Any = {"configurable": {"thread_id": "whole"}}
        assert len(list(saver.list(whole))) == 5


@pytest.mark.parametrize(
    ("script", "difference"),
    [
        (BEFORE_NAMESPACES, "has no checkpoint_id"),
        ("CREATE TABLE checkpoints (colour TEXT)", "'checkpoints' has no checkpoint"),
        ("CREATE TABLE writes (colour TEXT)", "'writes' has no"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused_unchanged(
    tmp_path: Path, script: str, difference: str
) -> None:
    path = make(tmp_path, script)
    before = path.read_bytes()
    with (
        pytest.raises(CheckpointError, match=rf"another version.*{difference}.*move it away"),
        open_saver(tmp_path),
    ):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("column", ["more TEXT", "more TEXT NOT NULL DEFAULT ''"])
def test_a_new_column_that_needs_no_value_is_accepted(tmp_path: Path, column: str) -> None:
    save(tmp_path, "t", request="x")
    for table in ("checkpoints", "writes"):
        make(tmp_path, f"ALTER TABLE {table} ADD COLUMN {column}")
    save(tmp_path, "u", request="x")
    with open_saver(tmp_path) as saver:
        assert len(list_runs(saver)) == 2


def test_a_new_column_that_must_be_filled_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    renewed = "ALTER TABLE checkpoints RENAME TO old; CREATE TABLE checkpoints AS SELECT * FROM old"
    make(tmp_path, renewed)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(checkpoints)")]
        connection.execute("DROP TABLE checkpoints")
        connection.execute(f"CREATE TABLE checkpoints ({','.join(columns)}, must TEXT NOT NULL)")
    with (
        pytest.raises(CheckpointError, match="another version.*needs must"),
        open_saver(tmp_path),
    ):
        pass
