"""Checkpoints in Postgres, with LangGraph's tables."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.rows import DictRow

from graph_agent.checkpoints.guarded import GuardedSaver
from graph_agent.checkpoints.postgres_connection import advisory_key, connect, try_lock, unlock
from graph_agent.checkpoints.postgres_errors import explain
from graph_agent.checkpoints.serializer import strict_serializer
from graph_agent.errors import CheckpointError

SETUP_TIMEOUT_S = 60.0
_POLL_S = 0.1
_SETUP_KEY = advisory_key("setup", "")


@contextlib.contextmanager
def open_postgres(url: str) -> Iterator[BaseCheckpointSaver[str]]:
    """Connect, making LangGraph's tables in the database if they are not there.

    One connection, kept to the end: when it breaks, the run ends, and can be resumed.

    Raises:
        CheckpointError: the server or database cannot be used; also by whatever the
            saver does later. No message holds the password.
    """
    with contextlib.closing(connect(url)) as connection:
        saver = GuardedPostgresSaver(connection, url)
        with saver.explained():
            _set_up(saver, connection, url)
        yield saver


class GuardedPostgresSaver(GuardedSaver, PostgresSaver):
    """LangGraph's saver, strict about what it loads."""

    errors = (psycopg.Error,)

    def __init__(self, connection: psycopg.Connection[DictRow], url: str) -> None:
        super().__init__(connection, serde=strict_serializer())
        self._url = url

    def explain(self, error: Exception) -> CheckpointError:
        """Say what an error means, and what to do."""
        return explain(self._url, error)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        with self.explained():
            super().prune(thread_ids, strategy=strategy)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        import asyncio

        await asyncio.to_thread(self.prune, thread_ids, strategy=strategy)


def _set_up(saver: PostgresSaver, connection: psycopg.Connection[DictRow], url: str) -> None:
    """Bring the tables up to the saver's version, one process at a time.

    Tried again and again rather than waited for: PostgreSQL builds an index
    concurrently only when no statement is under way that began before.
    """
    deadline = time.monotonic() + SETUP_TIMEOUT_S
    while _version(connection) < len(saver.MIGRATIONS) - 1:
        if try_lock(connection, _SETUP_KEY):
            try:
                saver.setup()
            finally:
                unlock(connection, _SETUP_KEY)
            return
        if time.monotonic() > deadline:
            raise explain(url, TimeoutError("another process has been making its tables for long"))
        time.sleep(_POLL_S)


def _version(connection: psycopg.Connection[DictRow]) -> int:
    """Read which of LangGraph's migrations was the last; -1: none."""
    there = _one(connection, "SELECT to_regclass('checkpoint_migrations') AS it")
    newest = there and _one(connection, "SELECT max(v) AS it FROM checkpoint_migrations")
    return -1 if newest is None else int(newest)


def _one(connection: psycopg.Connection[DictRow], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return None if row is None else row["it"]
