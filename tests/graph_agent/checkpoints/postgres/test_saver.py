"""Checkpoints in Postgres: LangGraph's tables, and what is loaded from them."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest
from langgraph.checkpoint.postgres import PostgresSaver

from graph_agent import CheckpointError
from graph_agent.checkpoints import open_checkpoints, thread_exists, thread_lock
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.other_processes import save_runs
from tests.graph_agent.checkpoints.saving import THREAD, crafted, put
from tests.graph_agent.checkpoints.small_graph import build
from tests.postgres_server import ENCODED_PASSWORD, PASSWORD, execute


def test_tables_of_an_older_version_are_upgraded(on_postgres: Settings, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for version, migration in enumerate(PostgresSaver.MIGRATIONS[:6]):
            connection.execute(migration)
            connection.execute("INSERT INTO checkpoint_migrations VALUES (%s)", (version,))
    save_runs(on_postgres, "t")
    assert thread_exists(on_postgres, "t-0")
    with psycopg.connect(database) as connection:
        newest = connection.execute("SELECT max(v) FROM checkpoint_migrations").fetchone()
    assert newest == (len(PostgresSaver.MIGRATIONS) - 1,)


def test_a_crafted_value_calls_nothing(
    on_postgres: Settings, database: str, tmp_path: Path
) -> None:
    evil = tmp_path / "evil"
    with open_checkpoints(on_postgres) as saver:
        put(saver, "t", request="x", attempts=[{}])
        with psycopg.connect(database, autocommit=True) as connection:
            changed = connection.execute(
                "UPDATE checkpoint_blobs SET blob = %s", (crafted(f"touch {evil}"),)
            )
            assert changed.rowcount == 1
        saver.get_tuple(THREAD)
    assert not evil.exists()


def test_the_log_contains_no_password(
    on_postgres: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_checkpoints(on_postgres) as saver, thread_lock(on_postgres, "t"):
        build(saver).invoke({"request": "x"}, THREAD)
    assert PASSWORD not in caplog.text
    assert ENCODED_PASSWORD not in caplog.text


def test_a_run_whose_connection_breaks_can_be_resumed(on_postgres: Settings, database: str) -> None:
    executed = []

    def break_at_first() -> None:
        executed.append(1)
        if len(executed) == 1:
            name = database.rpartition("/")[2]
            execute(
                database.replace(name, "postgres"),
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            )

    with (
        open_checkpoints(on_postgres) as saver,
        pytest.raises(CheckpointError, match="cannot be reached .*resume"),
    ):
        build(saver, break_at_first).invoke({"request": "x"}, THREAD, durability="sync")
    with open_checkpoints(on_postgres) as saver:
        assert build(saver, break_at_first).invoke(None, THREAD)["success"]
    assert executed == [1, 1]
