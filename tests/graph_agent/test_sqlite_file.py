"""SQLite files give space back, also those that couldn't when they were created."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graph_agent.sqlite_file import make_shrinkable, shrink, write_ahead


@pytest.fixture(params=["new", "old"])
def emptied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file of two megabytes whose rows were deleted."""
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as connection:
        if request.param == "new":
            make_shrinkable(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (data)")
        connection.executemany("INSERT INTO t VALUES (?)", [(bytes(20_000),)] * 100)
        connection.execute("DELETE FROM t")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert (tmp_path / "file").stat().st_size > 2_000_000
        yield connection


def test_it_shrinks(emptied: sqlite3.Connection, tmp_path: Path) -> None:
    assert shrink(emptied) == ""
    assert (tmp_path / "file").stat().st_size < 50_000
    assert emptied.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_busy_file_stays_as_it_is(emptied: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "file", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in shrink(emptied)
        other.execute("ROLLBACK")
    assert shrink(emptied) == ""


def test_a_large_old_file_is_rewritten_only_if_asked(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (data)")
        connection.execute("INSERT INTO t VALUES (?)", (bytes(1_000_000),))
        connection.execute("DELETE FROM t")
        assert shrink(connection, rewrite=False) == ""
        assert (tmp_path / "old").stat().st_size > 1_000_000


def test_it_waits_for_another_that_creates_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with (
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        other.execute("CREATE TABLE t (data)")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):  # SQLite doesn't wait
            connection.execute("PRAGMA journal_mode=WAL")
        timer = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        timer.start()
        write_ahead(connection)
        timer.join()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_does_not_wait_longer_than_its_timeout(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as other,
        closing(sqlite3.connect(path, timeout=0.1)) as connection,
    ):
        other.execute("CREATE TABLE t (data)")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(connection)
