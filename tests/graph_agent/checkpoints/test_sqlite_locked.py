"""A SQLite database that another program keeps locked, and writes that fail half way."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_agent import CheckpointError
from graph_agent.checkpoints import FILE_NAME, open_saver, runs
from tests.graph_agent.checkpoints.small_graph import THREAD, build, put, save


@contextlib.contextmanager
def holding(folder: Path, *statements: str) -> Iterator[sqlite3.Connection]:
    """Let another program's connection do something and stay."""
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    with contextlib.closing(connection):
        for statement in statements:
            connection.execute(statement)
        yield connection


def test_another_writer_that_does_not_end(tmp_path: Path) -> None:
    with open_saver(tmp_path, busy_timeout_s=0.1) as saver:
        put(saver, "before", request="x")
        with holding(tmp_path, "BEGIN IMMEDIATE"):
            with pytest.raises(CheckpointError, match=r"another program keeps .* locked"):
                put(saver, "t", request="x")
            assert [one.thread_id for one in runs(saver)] == ["before"]
        put(saver, "t", request="x")
        assert len(runs(saver)) == 2


def test_a_run_whose_database_is_locked_meanwhile_goes_on_later(tmp_path: Path) -> None:
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


def test_a_database_locked_for_one_program_alone(tmp_path: Path) -> None:
    save(tmp_path, "t", request="x")
    alone = ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE")
    with (
        holding(tmp_path, *alone),
        pytest.raises(CheckpointError, match=r"another program keeps .* locked"),
        open_saver(tmp_path, busy_timeout_s=0.1),
    ):
        pass
    with open_saver(tmp_path) as saver:
        assert len(runs(saver)) == 1


def failing(table: str, when: str) -> str:
    """Write a trigger that lets some rows of a table fail."""
    return (
        f"CREATE TRIGGER failing BEFORE INSERT ON {table} WHEN {when}"
        " BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
    )


@pytest.mark.parametrize(
    "trigger",
    [
        failing("writes", "NEW.channel = 'branch:to:execute'"),
        failing("writes", "NEW.channel = '__error__' OR NEW.channel = 'code'"),
        failing("checkpoints", "(SELECT count(*) FROM checkpoints) = 2"),
        failing("checkpoints", "(SELECT count(*) FROM checkpoints) = 0"),
        failing("checkpoints", "(SELECT count(*) FROM checkpoints) = 4"),
    ],
)
@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke"])
async def test_what_fails_behind_the_graph_is_told(
    tmp_path: Path, trigger: str, durability: str, way: str
) -> None:
    if durability == "exit":  # which writes two rows at its end
        trigger = failing("checkpoints", "1")
    with open_saver(tmp_path) as saver:
        with holding(tmp_path, trigger):
            pass
        graph: Any = build(saver)
        ways: dict[str, Any] = {
            "invoke": lambda *args: asyncio.to_thread(graph.invoke, *args, durability=durability),
            "stream": lambda *args: asyncio.to_thread(
                lambda: list(graph.stream(*args, durability=durability))
            ),
            "ainvoke": lambda *args: graph.ainvoke(*args, durability=durability),
        }
        with pytest.raises(CheckpointError, match="made to fail"):
            await ways[way]({"request": "x"}, THREAD)
        with holding(tmp_path, "DROP TRIGGER failing"):
            pass
        given = None if saver.get_tuple(THREAD) else {"request": "x"}
        assert graph.invoke(given, THREAD)["success"]


def test_of_writes_that_fail_half_way_nothing_stays(tmp_path: Path) -> None:
    with open_saver(tmp_path) as saver:
        put(saver, "t", request="x")
        saved = saver.get_tuple(THREAD)
        assert saved is not None
        with holding(tmp_path, failing("writes", "NEW.channel = 'second'")):
            writes = [("first", 1), ("second", 2)]
            with pytest.raises(CheckpointError):
                saver.put_writes(saved.config, writes, "task")
            put(saver, "other", request="x")  # what commits
        again = saver.get_tuple(THREAD)
        assert again is not None
        assert not again.pending_writes
