"""A SQLite database that another program keeps locked."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, list_runs, open_saver
from tests.graph_agent.checkpoints.saving import THREAD, put, save
from tests.graph_agent.checkpoints.small_graph import build


@contextlib.contextmanager
def holding(folder: Path, *statements: str) -> Iterator[sqlite3.Connection]:
    """Execute statements on another connection and keep it open."""
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    with contextlib.closing(connection):
        for statement in statements:
            connection.execute(statement)
        yield connection


def test_another_writer_that_does_not_finish(tmp_path: Path) -> None:
    with open_saver(tmp_path, busy_timeout_s=0.1) as saver:
        put(saver, "before", request="x")
        with holding(tmp_path, "BEGIN IMMEDIATE"):
            with pytest.raises(CheckpointError, match=r"another program keeps .* locked"):
                put(saver, "t", request="x")
            assert [run.thread_id for run in list_runs(saver)] == ["before"]
        put(saver, "t", request="x")
        assert len(list_runs(saver)) == 2


def test_a_run_whose_database_gets_locked_can_be_resumed(tmp_path: Path) -> None:
    executed = []
    with contextlib.ExitStack() as other:

        def lock_at_first() -> None:
            executed.append(1)
            if len(executed) == 1:
                other.enter_context(holding(tmp_path, "BEGIN IMMEDIATE"))

        with open_saver(tmp_path, busy_timeout_s=0.1) as saver:
            graph = build(saver, lock_at_first)
            with pytest.raises(CheckpointError, match=r"locked.*then resume"):
                graph.invoke({"request": "x"}, THREAD, durability="sync")
            other.close()
            assert graph.invoke(None, THREAD)["success"]


def test_a_database_locked_exclusively(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    alone = ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE")
    with (
        holding(tmp_path, *alone),
        pytest.raises(CheckpointError, match=r"another program keeps .* locked"),
        open_saver(tmp_path, busy_timeout_s=0.1),
    ):
        pass
    with open_saver(tmp_path) as saver:
        assert len(list_runs(saver)) == 1
