"""Keeps a SQLite file as small as its content, and knows the files beside it."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

WAIT_S = 2.0
"""How long to wait for another process's lock; the space is free for new rows either way."""
POLL_S = 0.02


def sqlite_files(path: Path) -> list[Path]:
    """List the files that a database consists of now."""
    names = (f"{path.name}{suffix}" for suffix in ("", "-wal", "-shm"))
    return [file for file in map(path.with_name, names) if file.exists()]


def make_shrinkable(connection: sqlite3.Connection) -> None:
    """Let a new file shrink without being rewritten; an existing one needs a ``VACUUM`` first."""
    # An existing file ignores it, but SQLite would write to it, which a full disk refuses.
    if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to write-ahead logging, and wait for others as long as its timeout says.

    While another connection begins to write to a new file, SQLite refuses the switch at once.

    Raises:
        sqlite3.OperationalError: the others took longer, or the file can't be written.
    """
    (wait_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    deadline = time.monotonic() + wait_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= deadline:
                raise
        time.sleep(POLL_S)


def shrink(connection: sqlite3.Connection, *, rewrite: bool = True) -> str:
    """Give the space of deleted rows back to the disk; return why it couldn't be, or "".

    A file from an earlier version is rewritten once, unless ``rewrite`` is False: that needs
    space on the disk and keeps other writers waiting.
    """
    (wait_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout={int(WAIT_S * 1000)}")
    try:
        (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
        if mode == 2:  # incremental; each step frees a page, and only a script takes all steps
            connection.executescript("PRAGMA incremental_vacuum")
        elif rewrite:
            make_shrinkable(connection)
            connection.execute("VACUUM")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        return str(error)
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.execute(f"PRAGMA busy_timeout={wait_ms}")
    return "another process is using it" if busy else ""
