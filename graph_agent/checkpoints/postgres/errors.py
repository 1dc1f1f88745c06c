"""What an error of Postgres means and what to do, without the password."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import psycopg

from graph_agent.config.postgres_url import secrets_of, shown
from graph_agent.errors import CheckpointError

_UNREACHABLE = ("cannot be reached", "resume the run when the server is back")
_BAD_VALUE = ("cannot hold a value", "Postgres accepts no NUL characters and no lone surrogates")
_OTHER_VERSION = (
    "has tables of another version of langgraph-checkpoint-postgres",
    "use that version, or name another database",
)
# By SQLSTATE, or the two characters of its class:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_MEANINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "08": _UNREACHABLE,
        "57": _UNREACHABLE,
        "53100": ("has a full disk", "free some space on the server and resume the run"),
        "53": ("is short of resources", "resume the run when the server has some"),
        "25006": ("is read-only", "name a server that accepts writes"),
        "42501": ("refuses this user", "grant the user CREATE on the schema, or its tables"),
        "42P01": _OTHER_VERSION,  # a table is missing
        "42703": _OTHER_VERSION,  # a column is missing
        "23502": _OTHER_VERSION,  # an unknown column must be filled
        "22": _BAD_VALUE,
        "XX": ("is damaged", "see the server's log; restore it, or name another database"),
    }
)
# libpq gives no SQLSTATE for a connection it could not make, and servers may use other languages.
_CONNECTION_FIXES = (
    ("password", "check user and password in CODEGEN_AGENT_CHECKPOINTS"),
    ("no pg_hba.conf entry", "allow this user and host in the server's pg_hba.conf"),
    ("does not exist", "create it (createdb, createuser), or correct CODEGEN_AGENT_CHECKPOINTS"),
)
_NOT_CONNECTED = "start the server, or correct CODEGEN_AGENT_CHECKPOINTS"


def translate_postgres_error(url: str, error: Exception) -> CheckpointError:
    """Say what an error means for the database at ``url``, and what to do."""
    if isinstance(error, CheckpointError):
        return error
    state = (error.sqlstate if isinstance(error, psycopg.Error) else None) or ""
    problem, fix = _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or _without_state(error)
    return CheckpointError(
        f"the checkpoint database {shown(url)!r} {problem} ({_safe_text(url, error)}); {fix}"
    )


def translate_connection_error(url: str, error: Exception) -> CheckpointError:
    """Say why there is no connection, and what to do."""
    text = _safe_text(url, error)
    fix = next((fix for part, fix in _CONNECTION_FIXES if part in text), _NOT_CONNECTED)
    return CheckpointError(
        f"cannot connect to the checkpoint database {shown(url)!r} ({text}); {fix}"
    )


def _without_state(error: Exception) -> tuple[str, str]:
    if isinstance(error, psycopg.OperationalError):
        return _UNREACHABLE  # the connection broke before the server could send a SQLSTATE
    if isinstance(error, psycopg.DataError):
        return _BAD_VALUE
    if isinstance(error, ValueError | NotImplementedError):
        return "contains a value that is not a checkpoint", "name another database to start over"
    return "cannot be used", "see the server's log, then resume the run"


def _safe_text(url: str, error: Exception) -> str:
    """Return the error's text on one line, without secrets."""
    # The server's details quote the values it was given.
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    text = " ".join((primary or str(error)).split())
    for secret in sorted(secrets_of(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
