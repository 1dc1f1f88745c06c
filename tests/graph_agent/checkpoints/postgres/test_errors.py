"""What is said when a Postgres database can't be used: what to do, and no secrets."""

from __future__ import annotations

import psycopg
import pytest
from pydantic import SecretStr

from graph_agent import CheckpointError
from graph_agent.checkpoints import list_runs, open_checkpoints, thread_exists
from graph_agent.checkpoints.postgres.errors import (
    translate_connection_error,
    translate_postgres_error,
)
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.other_processes import save_runs
from tests.graph_agent.checkpoints.saving import put
from tests.postgres_server import ENCODED_PASSWORD, USER, execute

URL = "postgresql://worker:canary@db/runs"
NEW_COLUMN = """ALTER TABLE checkpoint_blobs ADD COLUMN must TEXT NOT NULL DEFAULT '';
ALTER TABLE checkpoint_blobs ALTER must DROP DEFAULT"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("DROP TABLE checkpoint_blobs", "tables of another version"),
        ("ALTER TABLE checkpoint_writes DROP COLUMN task_path", "tables of another version"),
        (NEW_COLUMN, "tables of another version"),
        ("UPDATE checkpoint_blobs SET blob = '\\xc1'", "not a checkpoint"),
        ("UPDATE checkpoint_blobs SET type = 'rubbish'", "not a checkpoint"),
    ],
)
def test_tables_that_do_not_fit(
    on_postgres: Settings, database: str, change: str, problem: str
) -> None:
    with open_checkpoints(on_postgres) as saver:
        put(saver, "t", request="x", attempts=[{}])
        execute(database, change)
        with pytest.raises(CheckpointError, match=problem):
            put(saver, "u", attempts=[{}]) if change == NEW_COLUMN else list_runs(saver)


@pytest.mark.parametrize("text", ["nul \0", "half \ud800"])
def test_text_that_postgres_cannot_hold(on_postgres: Settings, text: str) -> None:
    with open_checkpoints(on_postgres) as saver:
        with pytest.raises(CheckpointError, match="cannot hold a value") as raised:
            put(saver, "t", request=f"row-canary {text}")
        assert "row-canary" not in str(raised.value)
        put(saver, "u", request="x")


def test_a_read_only_server(on_postgres: Settings, database: str) -> None:
    save_runs(on_postgres, "t")
    name = database.rpartition("/")[2]
    execute(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert thread_exists(on_postgres, "t-0")
    with pytest.raises(CheckpointError, match="is read-only"):
        save_runs(on_postgres, "u")


def test_a_user_who_may_not_create_tables_may_use_them(
    on_postgres: Settings, database: str
) -> None:
    save_runs(on_postgres, "t")
    name = database.rpartition("/")[2]
    execute(database, f"CREATE ROLE {name} LOGIN PASSWORD 'canary2'")
    execute(database, f"GRANT SELECT, INSERT, UPDATE, DELETE ON checkpoints TO {name}")
    execute(database, f"GRANT SELECT ON checkpoint_migrations, checkpoint_writes TO {name}")
    execute(database, f"GRANT SELECT ON checkpoint_blobs TO {name}")
    url = database.replace(f"{USER}:{ENCODED_PASSWORD}", f"{name}:canary2")
    theirs = on_postgres.model_copy(update={"checkpoints": SecretStr(url)})
    assert thread_exists(theirs, "t-0")
    with pytest.raises(CheckpointError, match="refuses this user .*grant"):
        save_runs(theirs, "u")
    execute(database, f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (psycopg.errors.DiskFull("x"), "free some space"),
        (psycopg.errors.TooManyConnections("x"), "short of resources"),
        (psycopg.errors.DataCorrupted("x"), "damaged"),
        (psycopg.OperationalError("x"), "resume"),
        (psycopg.DataError("x"), "NUL"),
        (psycopg.ProgrammingError("x"), "server's log"),
        (ValueError("x"), "another database"),
    ],
)
def test_errors_say_what_to_do_without_the_password(error: Exception, advice: str) -> None:
    error.args = (f"canary in {URL}\nand a second line",)
    text = str(translate_postgres_error(URL, error))
    assert advice in text
    assert "'postgresql://worker@db/runs'" in text
    assert "canary" not in text
    assert "\n" not in text


def test_a_translated_error_stays_what_it_is() -> None:
    error = CheckpointError("x")
    assert translate_postgres_error(URL, error) is error


def test_a_server_that_allows_no_connection_from_here() -> None:
    error = psycopg.OperationalError("no pg_hba.conf entry for host")
    assert "allow this user" in str(translate_connection_error(URL, error))
