"""A thread's lock in Postgres: it lasts as long as a connection of its own."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import psycopg

from graph_agent.checkpoints.busy import busy
from graph_agent.checkpoints.postgres_connection import (
    advisory_key,
    connect,
    holder,
    try_lock,
    unlock,
)
from graph_agent.checkpoints.postgres_errors import explain

# The server's own look at whether the client is still there: a machine that went without a word
# would keep its locks for two hours.
_NOTICE_DEAD_CLIENTS = (
    "SELECT set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def hold_advisory(url: str, thread_id: str) -> Iterator[None]:
    """Hold the lock; see :func:`~graph_agent.checkpoints.thread_lock.thread_lock`."""
    key = advisory_key("thread", thread_id)
    with contextlib.closing(connect(url)) as connection:
        try:
            connection.execute(_NOTICE_DEAD_CLIENTS)
            if not try_lock(connection, key):
                raise busy(thread_id, holder(connection, key))
        except psycopg.Error as error:
            raise explain(url, error) from error
        try:
            yield
        finally:
            try:
                unlock(connection, key)  # closing alone frees it a moment later
            except psycopg.Error:
                _log.warning("the lock's connection to Postgres broke before its release")
