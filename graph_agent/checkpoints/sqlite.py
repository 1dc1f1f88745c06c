"""Checkpoints in a SQLite file below the state folder."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from graph_agent.checkpoints.guarded import GuardedSaver
from graph_agent.checkpoints.serializer import strict_serializer
from graph_agent.checkpoints.sqlite_errors import explain
from graph_agent.checkpoints.sqlite_schema import check_schema
from graph_agent.errors import CheckpointError

FILE_NAME = "checkpoints.sqlite"
BUSY_TIMEOUT_S = 30.0


@contextlib.contextmanager
def open_saver(
    state_dir: Path, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Iterator[BaseCheckpointSaver[str]]:
    """Open the checkpoint database below ``state_dir``, making it if needed.

    ``busy_timeout_s`` is how long another program's lock is waited for.

    Raises:
        CheckpointError: it cannot be opened or written, is damaged, or of a version
            that does not fit; also by whatever the saver does later.
    """
    path = state_dir / FILE_NAME
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives the files beside it the mode of this one
        path.chmod(0o600)
        connection = sqlite3.connect(path, timeout=busy_timeout_s, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise explain(path, error) from error
    with contextlib.closing(connection):
        saver = GuardedSqliteSaver(connection, path)
        with saver.explained():
            check_schema(connection, path)
            # One writer beside readers, and no fsync a step: a kill loses nothing, and a power
            # cut at most the last steps.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            saver.setup()
        yield saver


class GuardedSqliteSaver(GuardedSaver, SqliteSaver):
    """LangGraph's saver, strict about what it loads; a failed write leaves nothing of itself."""

    errors = (sqlite3.Error,)

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, serde=strict_serializer())
        self._path = path

    def explain(self, error: Exception) -> CheckpointError:
        """Say what an error means, and what to do."""
        return explain(self._path, error)

    @contextlib.contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """Give a cursor; commit what was written, or take all of it back.

        LangGraph's own commits in any case. Some of a node's writes would look
        like all of them to whoever resumes the run.
        """
        with self.lock, contextlib.closing(self.conn.cursor()) as cursor:
            try:
                yield cursor
                if transaction:
                    self.conn.commit()
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    self.conn.rollback()
                raise
