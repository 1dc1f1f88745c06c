"""Connections to Postgres, and the locks it keeps for as long as they last."""

from __future__ import annotations

import hashlib
import os
import platform

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from graph_agent.checkpoints.postgres_errors import explain_connecting

NAME = "codegen-agent"
CONNECT_TIMEOUT_S = 10
# A server that went without a word is noticed in a minute, not in a quarter of an hour.
_DEFAULTS = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def connect(url: str) -> psycopg.Connection[DictRow]:
    """Connect as LangGraph's saver needs it; the URL's own options win over our time limits.

    Raises:
        CheckpointError: no connection; the message does not hold the password.
    """
    try:
        options = {**_DEFAULTS, **conninfo_to_dict(url), "application_name": _own_name()}
        return psycopg.connect(
            **options,  # type: ignore[arg-type]  # options of libpq, numbers allowed
            autocommit=True,
            prepare_threshold=0,
            row_factory=dict_row,
        )
    except psycopg.Error as error:
        # Not as its cause: libpq may quote what it was given.
        raise explain_connecting(url, error) from None


def advisory_key(kind: str, name: str) -> int:
    """Hash a lock's name to the 64 bits Postgres takes, apart from other programs' locks."""
    digest = hashlib.sha256(f"{NAME}\0{kind}\0{name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def try_lock(connection: psycopg.Connection[DictRow], key: int) -> bool:
    """Take a lock that ends with the connection, unless another connection has it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS it", (key,)).fetchone()
    return bool(row and row["it"])


def unlock(connection: psycopg.Connection[DictRow], key: int) -> None:
    """Release a lock this connection has."""
    connection.execute("SELECT pg_advisory_unlock(%s)", (key,))


def holder(connection: psycopg.Connection[DictRow], key: int) -> str:
    """Name the process that has a lock, as far as its connection tells and may be seen."""
    row = connection.execute(
        "SELECT application_name AS it FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = %s AND objid::bigint = %s",
        ((key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF),
    ).fetchone()
    name = row["it"] if row else None
    if name == _own_name():
        return "this process"
    ours = isinstance(name, str) and name.startswith(f"{NAME} ")
    return str(name).removeprefix(f"{NAME} ") if ours else "another process"


def _own_name() -> str:
    # As Postgres keeps it: ASCII, 63 bytes.
    host = "".join(one if "!" <= one <= "~" else "?" for one in platform.node())
    return f"{NAME} process {os.getpid()} on {host}"[:63]
