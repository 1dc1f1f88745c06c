"""Postgres: its tables, what it loads, and what is said when it cannot be used."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.postgres import PostgresSaver
from pydantic import SecretStr

from graph_agent import CheckpointError
from graph_agent.checkpoints import open_checkpoints, runs, thread_exists, thread_lock
from graph_agent.settings import Settings
from tests.graph_agent.checkpoints.small_graph import THREAD, build, put
from tests.graph_agent.checkpoints.test_sqlite import crafted
from tests.postgres_server import PASSWORD, USER, WRITTEN, PostgresServer

MUST = """ALTER TABLE checkpoint_blobs ADD COLUMN must TEXT NOT NULL DEFAULT '';
ALTER TABLE checkpoint_blobs ALTER must DROP DEFAULT"""


def execute(url: str, statement: Any) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_a_whole_run(on_postgres: Settings) -> None:
    with open_checkpoints(on_postgres) as saver:
        out = build(saver).invoke({"request": "x"}, THREAD, durability="sync")
        assert out["success"]
        assert build(saver).get_state(THREAD).values == out
        assert [one.status for one in runs(saver)] == ["solved"]
    assert not (on_postgres.state_dir / "checkpoints.sqlite").exists()


def open_once(settings: Settings, thread: str) -> None:
    with open_checkpoints(settings) as saver:
        put(saver, thread, request="x", attempts=[{}])


def test_processes_that_make_its_tables_at_once(on_postgres: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=open_once, args=(on_postgres, str(one))) for one in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with open_checkpoints(on_postgres) as saver:
        assert len(runs(saver)) == 4


def test_tables_of_an_older_version_are_brought_up(on_postgres: Settings, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for version, migration in enumerate(PostgresSaver.MIGRATIONS[:6]):
            connection.execute(migration)
            connection.execute("INSERT INTO checkpoint_migrations VALUES (%s)", (version,))
    open_once(on_postgres, "t")
    assert thread_exists(on_postgres, "t")
    with psycopg.connect(database) as connection:
        newest = connection.execute("SELECT max(v) FROM checkpoint_migrations").fetchone()
    assert newest == (len(PostgresSaver.MIGRATIONS) - 1,)


def test_who_may_not_make_tables_may_use_them(on_postgres: Settings, database: str) -> None:
    open_once(on_postgres, "t")
    name = database.rpartition("/")[2]
    execute(database, f"CREATE ROLE {name} LOGIN PASSWORD 'canary2'")
    execute(database, f"GRANT SELECT, INSERT, UPDATE, DELETE ON checkpoints TO {name}")
    execute(database, f"GRANT SELECT ON checkpoint_migrations, checkpoint_writes TO {name}")
    execute(database, f"GRANT SELECT ON checkpoint_blobs TO {name}")
    url = database.replace(f"{USER}:{WRITTEN}", f"{name}:canary2")
    theirs = on_postgres.model_copy(update={"checkpoints": SecretStr(url)})
    assert thread_exists(theirs, "t")
    with pytest.raises(CheckpointError, match="refuses this user .*grant"):
        open_once(theirs, "u")
    execute(database, f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_crafted_value_calls_nothing(
    on_postgres: Settings, database: str, tmp_path: Path
) -> None:
    open_once(on_postgres, "t")
    evil = tmp_path / "evil"
    with psycopg.connect(database, autocommit=True) as connection:
        changed = connection.execute(
            "UPDATE checkpoint_blobs SET blob = %s", (crafted(f"touch {evil}"),)
        )
        assert changed.rowcount == 1
    with open_checkpoints(on_postgres) as saver:
        saver.get_tuple(THREAD)
    assert not evil.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE checkpoint_blobs", "tables of another version"),
        ("ALTER TABLE checkpoint_writes DROP COLUMN task_path", "tables of another version"),
        (MUST, "tables of another version"),
        ("UPDATE checkpoint_blobs SET blob = '\\xc1'", "holds what is no checkpoint"),
        ("UPDATE checkpoint_blobs SET type = 'rubbish'", "holds what is no checkpoint"),
    ],
)
def test_tables_that_do_not_fit(
    on_postgres: Settings, database: str, change: str, told: str
) -> None:
    with open_checkpoints(on_postgres) as saver:
        put(saver, "t", request="x", attempts=[{}])
        execute(database, change)
        with pytest.raises(CheckpointError, match=told):
            put(saver, "u", attempts=[{}]) if change == MUST else runs(saver)


@pytest.mark.parametrize("text", ["nul \0", "half \ud800"])
def test_text_that_postgres_cannot_hold(on_postgres: Settings, text: str) -> None:
    with open_checkpoints(on_postgres) as saver:
        with pytest.raises(CheckpointError, match="cannot hold a value") as raised:
            put(saver, "t", request=f"row-canary {text}")
        assert "row-canary" not in str(raised.value)
        put(saver, "u", request="x")


def test_a_read_only_server(on_postgres: Settings, database: str) -> None:
    open_once(on_postgres, "t")
    name = database.rpartition("/")[2]
    execute(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert thread_exists(on_postgres, "t")
    with pytest.raises(CheckpointError, match="is read-only"):
        open_once(on_postgres, "u")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (WRITTEN, "canary-wrong", r"password authentication failed.*check user and password"),
        (f"{USER}:", "nobody:", r"password authentication failed.*check user and password"),
        ("/test_", "/missing_", r"does not exist.*createdb"),
        ("127.0.0.1", "127.0.0.2", r"refused.*start the server"),
        ("127.0.0.1", "no.such.host.invalid", r"cannot connect .*start the server"),
        ("/test_", "?canary=x&dbname=", r"cannot connect .*invalid URI query parameter"),
        ("/test_", "?password=canary3&connect_timeout=x&dbname=", "cannot connect"),
    ],
)
def test_no_connection(on_postgres: Settings, database: str, old: str, new: str, told: str) -> None:
    assert old in database
    wrong = SecretStr(database.replace(old, new))
    settings = on_postgres.model_copy(update={"checkpoints": wrong})
    for use in (open_checkpoints(settings), thread_lock(settings, "t")):
        with pytest.raises(CheckpointError, match=told) as raised, use:
            pass
        shown = "".join(traceback.format_exception(raised.value))
        for secret in (PASSWORD, WRITTEN, "canary-wrong", "canary3"):
            assert secret not in shown


def test_what_is_logged_holds_no_password(
    on_postgres: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_checkpoints(on_postgres) as saver, thread_lock(on_postgres, "t"):
        build(saver).invoke({"request": "x"}, THREAD)
    assert PASSWORD not in caplog.text
    assert WRITTEN not in caplog.text


def test_a_connection_that_ends_in_the_middle(on_postgres: Settings, database: str) -> None:
    executed = []

    def end_at_first() -> None:
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
        build(saver, end_at_first).invoke({"request": "x"}, THREAD, durability="sync")
    with open_checkpoints(on_postgres) as saver:
        assert build(saver, end_at_first).invoke(None, THREAD)["success"]
    assert executed == [1, 1]


def test_a_lock_whose_server_goes_does_not_spoil_the_run(
    on_postgres: Settings, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with thread_lock(on_postgres, "t"):
        postgres.stop()
        postgres.start()
    assert "broke before its release" in caplog.text
    with thread_lock(on_postgres, "t"):
        pass


WITHOUT = """
import sys
sys.modules["psycopg"] = None
from graph_agent.checkpoints import open_checkpoints, open_saver, thread_lock
from graph_agent.errors import CheckpointError
from graph_agent.settings import load_settings
settings = load_settings()
with open_saver(settings.state_dir):
    pass
for use in (open_checkpoints, lambda settings: thread_lock(settings, "t")):
    try:
        with use(settings):
            print("used")
    except CheckpointError as error:
        print(error)
"""


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"postgresql://u:{WRITTEN}@127.0.0.1:1/x"
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env={**os.environ, "CODEGEN_AGENT_CHECKPOINTS": address},
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.splitlines()
    assert len(told) == 2
    assert all("pip install 'codegen-agent[postgres]'" in one for one in told)
    assert WRITTEN not in done.stdout + done.stderr
