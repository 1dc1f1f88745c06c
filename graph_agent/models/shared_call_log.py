"""The call log in Postgres, beside the checkpoints: another machine can continue a run."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from graph_agent.config.settings import Settings
from graph_agent.errors import CheckpointError
from graph_agent.models.call_log import (
    Call,
    CallLog,
    LogEntry,
    call_from,
    digest_of,
    last_over,
    sealed,
)
from graph_agent.models.replies import ModelReply

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import DictRow

    _Connection = psycopg.Connection[DictRow]

__all__ = ["PostgresCallLog", "open_call_log"]

log = logging.getLogger(__name__)

_TABLE = """
CREATE TABLE IF NOT EXISTS codegen_agent_calls (
    id BIGSERIAL PRIMARY KEY, thread TEXT NOT NULL, task TEXT NOT NULL,
    question TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, sent TEXT NOT NULL, ending TEXT)
"""
_INDEX = """
CREATE INDEX IF NOT EXISTS codegen_agent_calls_by_thread ON codegen_agent_calls (thread, task)
"""
_Found = TypeVar("_Found")


def open_call_log(settings: Settings) -> CallLog:
    """Return the log of calls that belongs to the settings' checkpoints."""
    folder = settings.state_dir / "calls"
    if settings.checkpoints is None:
        return CallLog(folder, reuse=settings.model_cache)
    from graph_agent.checkpoints.opening import require_postgres  # loads LangGraph

    require_postgres()
    return _in_postgres(settings.checkpoints.get_secret_value(), folder, settings.model_cache)


@functools.lru_cache(maxsize=8)
def _in_postgres(url: str, folder: Path, reuse: bool) -> PostgresCallLog:
    return PostgresCallLog(url, folder, reuse=reuse)  # one connection for all runs of a process


class PostgresCallLog(CallLog):
    """Calls in a table of the checkpoints' database; the model cache stays in ``folder``.

    So do calls that ended while the database was away: a run that is resumed on this machine
    finds them there.
    """

    def __init__(self, url: str, folder: Path, *, reuse: bool = False) -> None:
        super().__init__(folder, reuse=reuse)
        self._url = url
        self._postgres: _Connection | None = None
        self._postgres_pid = 0

    def calls(self, thread: str) -> Iterator[Call]:
        """Yield a thread's calls in the order they were sent.

        Raises:
            CheckpointError: the log can't be read.
        """
        query = "SELECT sent, ending FROM codegen_agent_calls WHERE thread = %s ORDER BY id"
        rows = self._done(lambda to: to.execute(query, (digest_of(thread),)).fetchall())
        found = (call_from(row["sent"], row["ending"]) for row in rows)
        yield from [call for call in found if call is not None]
        yield from super().calls(thread)

    def forget_all_but(self, threads: Sequence[str], min_age_s: float = 0.0) -> int:
        """Remove the calls of every other thread; return the number of those threads.

        Threads younger than ``min_age_s`` stay: their run may just have begun.

        Raises:
            CheckpointError: the log can't be written.
        """
        kept = [digest_of(thread) for thread in threads]
        query = (
            "DELETE FROM codegen_agent_calls WHERE thread IN (SELECT thread FROM"
            " codegen_agent_calls GROUP BY thread HAVING MAX(at) < %s AND NOT thread = ANY(%s))"
            " RETURNING thread"
        )
        before = time.time() - min_age_s
        rows = self._done(lambda to: to.execute(query, (before, kept)).fetchall())
        return len({row["thread"] for row in rows}) + super().forget_all_but(threads, min_age_s)

    def mark(self, name: str) -> None:
        """Leave a mark that whoever sees the same log can find.

        Raises:
            CheckpointError: the log can't be written.
        """
        insert = (
            "INSERT INTO codegen_agent_calls (thread, task, question, at, sent)"
            " VALUES (%s, '', '', %s, '{}')"
        )
        self._done(lambda to: to.execute(insert, (digest_of(name), time.time())))

    def thread_bytes(self, threads: Sequence[str]) -> int:
        """Return the size of the calls of some threads.

        Raises:
            CheckpointError: the log can't be read.
        """
        query = (
            "SELECT COALESCE(SUM(LENGTH(sent) + LENGTH(COALESCE(ending, ''))), 0) AS size"
            " FROM codegen_agent_calls WHERE thread = ANY(%s)"
        )
        digests = [digest_of(thread) for thread in threads]
        (row,) = self._done(lambda to: to.execute(query, (digests,)).fetchall())
        return int(row["size"]) + super().thread_bytes(threads)

    def forget(self, thread: str) -> None:
        """Remove the calls of a thread.

        Raises:
            CheckpointError: the log can't be written.
        """
        delete = "DELETE FROM codegen_agent_calls WHERE thread = %s"
        self._done(lambda to: to.execute(delete, (digest_of(thread),)))
        super().forget(thread)

    def note_ending(
        self, entry: LogEntry, ending: dict[str, Any], reply: ModelReply | None = None
    ) -> None:
        """Note how a call ended, and cache its ``reply``; a failure is only logged."""
        if entry.row is not None:
            update = "UPDATE codegen_agent_calls SET ending = %s WHERE id = %s"
            try:
                self._done(lambda to: to.execute(update, (sealed(ending), entry.row)))
            except CheckpointError as error:
                log.warning("a model's answer is kept on this machine: %s", error)
                self._keep_here(entry, ending)
            entry.row = None
        super().note_ending(entry, ending, reply)

    def _note_call(
        self, entry: LogEntry, call: Call, task: str, thread: str, question: str
    ) -> None:
        select = (
            "SELECT sent, ending FROM codegen_agent_calls"
            " WHERE thread = %s AND task = %s AND question = %s ORDER BY id DESC"
        )
        insert = (
            "INSERT INTO codegen_agent_calls (thread, task, question, at, sent)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id"
        )

        def note(to: _Connection) -> None:
            rows = to.execute(select, (thread, task, question)).fetchall()
            entry.known = last_over((row["sent"], row["ending"]) for row in rows)
            if entry.known is None:
                entry.noted = (thread, task, question, time.time(), sealed(vars(call)))
                entry.row = to.execute(insert, entry.noted).fetchall()[0]["id"]

        if self.path.exists():
            with self._lock:
                entry.known = self._earlier(self._open(), thread, task, question)
        if entry.known is None:
            self._done(note)

    def _keep_here(self, entry: LogEntry, ending: dict[str, Any]) -> None:
        """Write a whole call into the file; a failure is only logged."""
        if entry.noted is None:
            return
        insert = (
            "INSERT INTO calls (thread, task, question, at, sent, ending) VALUES (?, ?, ?, ?, ?, ?)"
        )
        try:
            with self._transaction() as connection:
                connection.execute(insert, (*entry.noted, sealed(ending)))
        except (OSError, sqlite3.Error) as error:
            log.warning("cannot note a model's answer in %s: %s", self.path, error)

    def _done(self, work: Callable[[_Connection], _Found]) -> _Found:
        """Do something in the database, once more if an old connection turns out to be broken.

        Raises:
            CheckpointError: it can't be done.
        """
        import psycopg

        from graph_agent.checkpoints.postgres.errors import translate_postgres_error

        with self._lock:
            was_open = self._postgres is not None
            try:
                try:
                    return work(self._connected())
                except psycopg.OperationalError:
                    self._close()
                    if not was_open:
                        raise
                    return work(self._connected())
            except psycopg.Error as error:
                self._close()
                raise translate_postgres_error(self._url, error) from error

    def _connected(self) -> _Connection:
        if self._postgres is None or self._postgres.closed or self._postgres_pid != os.getpid():
            from graph_agent.checkpoints.postgres.connection import connect, fetch_value

            self._postgres, self._postgres_pid = connect(self._url), os.getpid()
            weakref.finalize(self, self._postgres.close)
            is_there = "SELECT to_regclass('codegen_agent_calls_by_thread')"
            if not fetch_value(self._postgres, is_there):
                _make_table(self._postgres)
        return self._postgres

    def _close(self) -> None:
        if self._postgres is not None:
            self._postgres.close()
            self._postgres = None


def _make_table(connection: _Connection) -> None:
    from psycopg import errors

    # Another process may be faster.
    with contextlib.suppress(errors.UniqueViolation, errors.DuplicateTable):
        connection.execute(_TABLE)
        connection.execute(_INDEX)
