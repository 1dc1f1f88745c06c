"""Checkpoints in Postgres, with LangGraph's tables."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.rows import DictRow

from graph_agent.checkpoints.guarded import GuardedSaver, strict_serializer
from graph_agent.checkpoints.postgres.connection import (
    advisory_key,
    connect,
    fetch_value,
    try_lock,
    unlock,
)
from graph_agent.checkpoints.postgres.errors import translate_postgres_error
from graph_agent.errors import CheckpointError

SETUP_TIMEOUT_S = 60.0
_POLL_S = 0.1
_SETUP_KEY = advisory_key("setup", "")


@contextlib.contextmanager
def open_postgres(url: str) -> Iterator[BaseCheckpointSaver[str]]:
    """Connect, and create LangGraph's tables in the database if they are missing.

    There is one connection. If it breaks, the run stops and can be resumed.

    Raises:
        CheckpointError: the server or database can't be used; the saver's methods raise
            it too. No message contains the password.
    """
    with contextlib.closing(connect(url)) as connection:
        saver = GuardedPostgresSaver(connection, url)
        with saver.translated_errors():
            _set_up(saver, connection, url)
        yield saver


def tables_bytes(url: str) -> int:
    """Return the size of LangGraph's tables with their indexes.

    Raises:
        CheckpointError: the server or database can't be used.
    """
    query = (
        "SELECT SUM(pg_total_relation_size(to_regclass(name))) FROM unnest(ARRAY["
        "'checkpoints', 'checkpoint_blobs', 'checkpoint_writes']) AS name"
    )
    with contextlib.closing(connect(url)) as connection:
        try:
            return int(fetch_value(connection, query) or 0)
        except psycopg.Error as error:
            raise translate_postgres_error(url, error) from error


class GuardedPostgresSaver(GuardedSaver, PostgresSaver):
    """LangGraph's saver with translated errors; it loads plain data only."""

    errors = (psycopg.Error,)

    def __init__(self, connection: psycopg.Connection[DictRow], url: str) -> None:
        super().__init__(connection, serde=strict_serializer())
        self._url = url

    def translate(self, error: Exception) -> CheckpointError:
        """Say what an error means and what to do."""
        return translate_postgres_error(self._url, error)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        with self.translated_errors():
            super().prune(thread_ids, strategy=strategy)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        await asyncio.to_thread(self.prune, thread_ids, strategy=strategy)


def _set_up(saver: PostgresSaver, connection: psycopg.Connection[DictRow], url: str) -> None:
    """Bring the tables up to the saver's version, one process at a time.

    It tries the lock repeatedly instead of waiting for it, because PostgreSQL builds an
    index concurrently only after all earlier statements have ended, including such a wait.
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
            timeout = TimeoutError("another process is still creating its tables")
            raise translate_postgres_error(url, timeout)
        time.sleep(_POLL_S)


def _version(connection: psycopg.Connection[DictRow]) -> int:
    """Return the number of LangGraph's last migration that ran, -1 if none did."""
    if not fetch_value(connection, "SELECT to_regclass('checkpoint_migrations')"):
        return -1
    newest = fetch_value(connection, "SELECT max(v) FROM checkpoint_migrations")
    return -1 if newest is None else int(newest)
