"""Connections to Postgres, and advisory locks, which last as long as their connection."""

from __future__ import annotations

import hashlib
import os
import platform
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from graph_agent.checkpoints.postgres.errors import translate_connection_error

NAME = "codegen-agent"
CONNECT_TIMEOUT_S = 10
# A server that disappears is noticed within a minute instead of a quarter of an hour.
_DEFAULTS = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def connect(url: str) -> psycopg.Connection[DictRow]:
    """Connect as LangGraph's saver needs it; the URL's own options override our time limits.

    Raises:
        CheckpointError: no connection; the message doesn't contain the password.
    """
    try:
        options = {**_DEFAULTS, **conninfo_to_dict(url), "application_name": _application_name()}
        return psycopg.connect(
            **options,  # type: ignore[arg-type]  # options of libpq, numbers allowed
            autocommit=True,
            prepare_threshold=0,
            row_factory=dict_row,
        )
    except psycopg.Error as error:
        # Without the cause: libpq may quote the URL.
        raise translate_connection_error(url, error) from None


def fetch_value(connection: psycopg.Connection[DictRow], query: Any, *parameters: object) -> Any:
    """Return the first column of a query's first row; None if there is no row."""
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else next(iter(row.values()))


def advisory_key(kind: str, name: str) -> int:
    """Hash a lock's name to Postgres' 64 bits, in a namespace of our own."""
    digest = hashlib.sha256(f"{NAME}\0{kind}\0{name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def try_lock(connection: psycopg.Connection[DictRow], key: int) -> bool:
    """Take a lock until the connection ends, unless another connection holds it."""
    return bool(fetch_value(connection, "SELECT pg_try_advisory_lock(%s)", key))


def unlock(connection: psycopg.Connection[DictRow], key: int) -> None:
    """Release a lock this connection holds."""
    connection.execute("SELECT pg_advisory_unlock(%s)", (key,))


def lock_holder(connection: psycopg.Connection[DictRow], key: int) -> str:
    """Name the process that holds a lock, if its connection says so and we may see it."""
    name = fetch_value(
        connection,
        "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = %s AND objid::bigint = %s",
        (key >> 32) & 0xFFFFFFFF,
        key & 0xFFFFFFFF,
    )
    if name == _application_name():
        return "this process"
    ours = isinstance(name, str) and name.startswith(f"{NAME} ")
    return str(name).removeprefix(f"{NAME} ") if ours else "another process"


def _application_name() -> str:
    # Postgres keeps 63 bytes of ASCII.
    host = "".join(char if "!" <= char <= "~" else "?" for char in platform.node())
    return f"{NAME} process {os.getpid()} on {host}"[:63]
