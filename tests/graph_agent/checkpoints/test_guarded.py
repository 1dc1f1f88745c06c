"""Errors of the database, wherever LangGraph meets them, and values that can't be read."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graph_agent import CheckpointError
from graph_agent.checkpoints import (
    FILE_NAME,
    list_runs,
    open_checkpoints,
    open_saver,
    strict_serializer,
)
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.saving import THREAD, crafted, put, save
from tests.graph_agent.checkpoints.small_graph import build


def failing(table: str, when: str) -> str:
    """Write a trigger that makes inserting some rows into a table fail."""
    return (
        f"CREATE TRIGGER failing BEFORE INSERT ON {table} WHEN {when}"
        " BEGIN SELECT RAISE(ABORT, 'made to fail'); END"
    )


def execute(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    connection.execute(statement)
    connection.close()


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
async def test_a_write_that_fails_in_the_background_is_reported(
    tmp_path: Path, trigger: str, durability: str, way: str
) -> None:
    if durability == "exit":  # writes two rows at its end
        trigger = failing("checkpoints", "1")
    with open_saver(tmp_path) as saver:
        execute(tmp_path, trigger)
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
        execute(tmp_path, "DROP TRIGGER failing")
        given = None if saver.get_tuple(THREAD) else {"request": "x"}
        assert graph.invoke(given, THREAD)["success"]


def test_nothing_stays_of_writes_that_fail_half_way(tmp_path: Path) -> None:
    with open_saver(tmp_path) as saver:
        put(saver, "t", request="x")
        saved = saver.get_tuple(THREAD)
        assert saved is not None
        execute(tmp_path, failing("writes", "NEW.channel = 'second'"))
        with pytest.raises(CheckpointError):
            saver.put_writes(saved.config, [("first", 1), ("second", 2)], "task")
        put(saver, "other", request="x")  # its commit
        again = saver.get_tuple(THREAD)
        assert again is not None
        assert not again.pending_writes


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
async def test_a_value_that_cannot_be_read(tmp_path: Path, change: str) -> None:
    save(tmp_path, "t", request="x")
    execute(tmp_path, f"UPDATE checkpoints SET {change}")
    with open_saver(tmp_path) as saver:
        with pytest.raises(CheckpointError, match="is damaged"):
            saver.get_tuple(THREAD)
        with pytest.raises(CheckpointError, match="is damaged"):
            await saver.aget_tuple(THREAD)
        with pytest.raises(CheckpointError, match="is damaged"):
            list_runs(saver)


async def test_asynchronous_methods_do_what_the_synchronous_ones_do(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        out = await build(saver).ainvoke({"request": "x"}, THREAD, durability="sync")
        assert out["success"]
        assert [saved async for saved in saver.alist(THREAD)] == list(saver.list(THREAD))
        assert [saved async for saved in saver.alist(THREAD, limit=1)] == [saver.get_tuple(THREAD)]
        await saver.adelete_thread("t")
        assert saver.get_tuple(THREAD) is None


def test_a_crafted_value_calls_nothing(tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    blob = crafted(f"touch {evil}")
    strict_serializer().loads_typed(("msgpack", blob))
    assert not evil.exists()
    # A permissive loader would run the same blob, so the attack is real.
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", blob))
    assert evil.exists()
