"""Checkpoints in a SQLite file of the state folder."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from graph_agent.checkpoints.guarded import GuardedSaver, strict_serializer
from graph_agent.checkpoints.sqlite.errors import other_version_error, translate_sqlite_error
from graph_agent.errors import CheckpointError
from graph_agent.sqlite_file import make_shrinkable, shrink, sqlite_files, write_ahead
from sandbox.private_files import private_file, private_folder, tighten

FILE_NAME = "checkpoints.sqlite"
_PRUNE = """
    DELETE FROM {0} WHERE thread_id = ? AND checkpoint_id < (
        SELECT MAX(checkpoint_id) FROM checkpoints AS latest
        WHERE latest.thread_id = {0}.thread_id AND latest.checkpoint_ns = {0}.checkpoint_ns
    )
"""
BUSY_TIMEOUT_S = 30.0
_KEY = frozenset({"thread_id", "checkpoint_ns", "checkpoint_id"})

COLUMNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "checkpoints": _KEY | {"parent_checkpoint_id", "type", "checkpoint", "metadata"},
        # Without ``task_path``, which the saver adds to tables from before version 3.1.1.
        "writes": _KEY | {"task_id", "idx", "channel", "type", "value"},
    }
)
"""Table → the columns the saver needs. All versions since 1.0.0 have them."""

_OPTIONAL = frozenset({"task_path"})


@contextlib.contextmanager
def open_saver(
    state_dir: Path, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Iterator[BaseCheckpointSaver[str]]:
    """Open the checkpoint database in ``state_dir``, creating it if needed.

    ``busy_timeout_s`` is how long to wait for another program's lock.

    Raises:
        CheckpointError: the database can't be opened or written, is damaged, or has an
            unsupported version; the saver's methods raise it too.
    """
    path = state_dir / FILE_NAME
    try:
        private_folder(state_dir)
        private_file(path)  # SQLite gives the files beside it the same mode
        tighten(sqlite_files(path))
        connection = sqlite3.connect(path, timeout=busy_timeout_s, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise translate_sqlite_error(path, error) from error
    with contextlib.closing(connection):
        saver = GuardedSqliteSaver(connection, path)
        with saver.translated_errors():
            check_schema(connection, path)
            make_shrinkable(connection)
            connection.execute("PRAGMA secure_delete=ON")  # forgotten data must not stay in it
            # One writer beside readers, and no fsync per step: a kill loses nothing, and a power
            # cut at most the last steps.
            write_ahead(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            saver.setup()
        yield saver


class GuardedSqliteSaver(GuardedSaver, SqliteSaver):
    """LangGraph's saver with translated errors; it loads plain data only."""

    errors = (sqlite3.Error,)

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, serde=strict_serializer())
        self._path = path

    def translate(self, error: Exception) -> CheckpointError:
        """Say what an error means and what to do."""
        return translate_sqlite_error(self._path, error)

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        if strategy == "delete":
            for thread_id in thread_ids:
                self.delete_thread(thread_id)
            return
        with self.translated_errors(), self.cursor() as cursor:
            for table in ("writes", "checkpoints"):
                cursor.executemany(_PRUNE.format(table), [(thread_id,) for thread_id in thread_ids])

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the threads' latest checkpoints, or with ``delete`` all of them."""
        await asyncio.to_thread(self.prune, thread_ids, strategy=strategy)

    def shrink(self, *, rewrite: bool = True) -> str:
        """Give the space of deleted checkpoints back; return why it couldn't be, or ""."""
        with self.lock:
            return shrink(self.conn, rewrite=rewrite)

    @contextlib.contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Yield a cursor; commit what was written, or undo all of it on an error.

        LangGraph's own commits even then. On resume, part of a node's writes
        would look like all of them.
        """
        with self.lock, contextlib.closing(self.conn.cursor()) as cursor:
            try:
                yield cursor
                if transaction:
                    self.conn.commit()
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # report the first error
                    self.conn.rollback()
                raise


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database the saver can't use, before it is changed.

    Additional columns are accepted if a row can be written without them.

    Raises:
        CheckpointError: a column is missing, or an unknown one must be filled.
        sqlite3.Error: the file cannot be read.
    """
    for table, needed in COLUMNS.items():
        # name, whether NOT NULL, default; no rows if the table doesn't exist.
        rows = connection.execute(
            'SELECT name, "notnull", dflt_value FROM pragma_table_info(?)', (table,)
        ).fetchall()
        found = {str(name) for name, _, _ in rows}
        if rows and (missing := needed - found):
            raise other_version_error(path, f"table {table!r} has no {', '.join(sorted(missing))}")
        must = {name for name, not_null, default in rows if not_null and default is None}
        if unknown := must - needed - _OPTIONAL:
            raise other_version_error(path, f"table {table!r} needs {', '.join(sorted(unknown))}")
