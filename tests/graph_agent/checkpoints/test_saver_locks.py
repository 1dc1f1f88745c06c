"""Where the threads of each kind of saver are locked."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from graph_agent import CheckpointError, ThreadError
from graph_agent.checkpoints import open_checkpoints, thread_lock
from graph_agent.checkpoints.saver_locks import Place, aplace_of, lock_at, place_of
from graph_agent.config.settings import Settings
from tests.postgres_server import PASSWORD


def excludes(first: AbstractContextManager[None], second: AbstractContextManager[None]) -> bool:
    with first:
        try:
            with second:
                return False
        except ThreadError as error:
            return "'t'" in str(error) and PASSWORD not in str(error)


def lock_of(place: Place | None, thread: str = "t") -> AbstractContextManager[None]:
    assert place is not None
    return lock_at(place, thread)


def test_our_savers_lock_as_a_workflow_does(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        place = place_of(saver)
        assert excludes(lock_of(place), thread_lock(either, "t"))
        assert excludes(thread_lock(either, "t"), lock_of(place))
        assert not excludes(lock_of(place, "u"), lock_of(place))
        with lock_of(place):
            pass  # free again


def test_a_closed_saver_of_ours_says_so(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        pass
    with pytest.raises(CheckpointError):
        place_of(saver)


def test_a_callers_file_has_its_locks_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    before = tmp_path.stat().st_mode
    with SqliteSaver.from_conn_string(str(path)) as saver:
        place = place_of(saver)
        assert place == path
        assert excludes(lock_of(place), lock_of(place_of(saver)))
    assert tmp_path.stat().st_mode == before
    assert not [*(tmp_path / "own.db-locks").iterdir()]


async def test_an_asynchronous_file(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        assert await aplace_of(saver) == path


async def test_savers_in_memory_have_no_lock() -> None:
    assert place_of(InMemorySaver()) is None
    assert place_of(SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))) is None
    assert place_of(object()) is None
    async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        assert await aplace_of(saver) is None


async def test_savers_of_one_database_lock_the_same(on_postgres: Settings, database: str) -> None:
    own = thread_lock(on_postgres, "t")
    with PostgresSaver.from_conn_string(database) as saver:
        assert excludes(own, lock_of(place_of(saver)))
    with ConnectionPool(database, open=False) as pool:
        place = place_of(PostgresSaver(pool))  # type: ignore[arg-type]  # its rows don't matter
        assert excludes(lock_of(place), thread_lock(on_postgres, "t"))
    async with AsyncPostgresSaver.from_conn_string(database) as asaver:
        place = await aplace_of(asaver)
        assert excludes(lock_of(place), thread_lock(on_postgres, "t"))
    apool = AsyncConnectionPool(database, open=False)
    place = await aplace_of(AsyncPostgresSaver(apool))  # type: ignore[arg-type]  # as above
    assert excludes(lock_of(place), thread_lock(on_postgres, "t"))


@pytest.mark.parametrize("wrong", [None, "x"])
def test_an_unknown_saver_is_left_alone(wrong: object) -> None:
    assert place_of(wrong) is None
