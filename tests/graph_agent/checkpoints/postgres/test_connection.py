"""Connections to Postgres, and the locks that last as long as they do."""

from __future__ import annotations

import os
import traceback
from contextlib import closing

import pytest
from pydantic import SecretStr

from graph_agent import CheckpointError
from graph_agent.checkpoints import open_checkpoints, thread_lock
from graph_agent.checkpoints.postgres.connection import (
    advisory_key,
    connect,
    fetch_value,
    lock_holder,
    try_lock,
    unlock,
)
from graph_agent.config.settings import Settings
from tests.postgres_server import ENCODED_PASSWORD, PASSWORD, USER


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (ENCODED_PASSWORD, "canary-wrong", r"authentication failed.*check user and password"),
        (f"{USER}:", "unknown:", r"authentication failed.*check user and password"),
        ("/test_", "/missing_", r"does not exist.*createdb"),
        ("127.0.0.1", "127.0.0.2", r"refused.*start the server"),
        ("127.0.0.1", "no.such.host.invalid", r"cannot connect .*start the server"),
        ("/test_", "?canary=x&dbname=", r"cannot connect .*invalid URI query parameter"),
        ("/test_", "?password=canary3&connect_timeout=x&dbname=", "cannot connect"),
    ],
)
def test_no_connection(
    on_postgres: Settings, database: str, old: str, new: str, problem: str
) -> None:
    assert old in database
    wrong = SecretStr(database.replace(old, new))
    settings = on_postgres.model_copy(update={"checkpoints": wrong})
    for use in (open_checkpoints(settings), thread_lock(settings, "t")):
        with pytest.raises(CheckpointError, match=problem) as raised, use:
            pass
        shown = "".join(traceback.format_exception(raised.value))
        for secret in (PASSWORD, ENCODED_PASSWORD, "canary-wrong", "canary3"):
            assert secret not in shown


def test_the_urls_options_override_the_time_limits(database: str) -> None:
    with closing(connect(database)) as ours:
        assert ours.info.get_parameters()["connect_timeout"] == "10"
    with closing(connect(f"{database}?connect_timeout=7")) as theirs:
        assert theirs.info.get_parameters()["connect_timeout"] == "7"


def test_a_lock_is_held_by_one_connection_until_it_is_released(database: str) -> None:
    key, other_key = advisory_key("thread", "t"), advisory_key("setup", "t")
    assert key != other_key
    with closing(connect(database)) as first, closing(connect(database)) as second:
        assert lock_holder(second, key) == "another process"
        assert try_lock(first, key)
        assert not try_lock(second, key)
        assert try_lock(second, other_key)
        assert lock_holder(second, key) == "this process"
        first.execute("SET application_name = 'codegen-agent process 7 on host'")
        assert lock_holder(second, key) == "process 7 on host"
        first.execute("SET application_name = 'psql'")
        assert lock_holder(second, key) == "another process"
        unlock(first, key)
        assert try_lock(second, key)


def test_connections_name_their_process(database: str) -> None:
    with closing(connect(database)) as connection:
        name = fetch_value(connection, "SHOW application_name")
        assert name.startswith(f"codegen-agent process {os.getpid()} on ")
        assert fetch_value(connection, "SELECT 1 WHERE false") is None
