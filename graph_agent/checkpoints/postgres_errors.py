"""What an error of Postgres means and what to do; never with a password in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import psycopg

from graph_agent.errors import CheckpointError
from graph_agent.postgres_url import secrets_of, shown

_VERSION = (
    "has tables of another version of langgraph-checkpoint-postgres",
    "use that version, or name another database",
)
# By SQLSTATE, or the two characters of its class:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_MEANINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "08": ("cannot be reached", "resume the run when the server is back"),
        "57": ("cannot be reached", "resume the run when the server is back"),
        "53100": ("has a full disk", "free some space on the server and resume the run"),
        "53": ("is short of resources", "resume the run when the server has some"),
        "25006": ("is read-only", "name a server that takes writes"),
        "42501": ("refuses this user", "grant the user CREATE on the schema, or its tables"),
        "42P01": _VERSION,  # no such table
        "42703": _VERSION,  # no such column
        "23502": _VERSION,  # a column that must be filled
        "22": ("cannot hold a value", "Postgres takes no NUL characters and no half surrogates"),
        "XX": ("is damaged", "see the server's log; restore it, or name another database"),
    }
)
_GONE = _MEANINGS["08"]
# libpq gives no SQLSTATE for a connection it could not make; servers may speak other languages.
_CONNECTING = (
    ("password", "check user and password in CODEGEN_AGENT_CHECKPOINTS"),
    ("no pg_hba.conf entry", "let the server's pg_hba.conf allow this user and host"),
    ("does not exist", "make it (createdb, createuser), or correct CODEGEN_AGENT_CHECKPOINTS"),
)
_NOT_REACHED = "start the server, or correct CODEGEN_AGENT_CHECKPOINTS"


def explain(url: str, error: Exception) -> CheckpointError:
    """Say what an error means for the database at ``url``, and what to do."""
    if isinstance(error, CheckpointError):
        return error
    state = (error.sqlstate if isinstance(error, psycopg.Error) else None) or ""
    what, mend = _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or _fallback(error)
    return CheckpointError(
        f"the checkpoint database {shown(url)!r} {what} ({_safe(url, error)}); {mend}"
    )


def explain_connecting(url: str, error: Exception) -> CheckpointError:
    """Say why there is no connection, and what to do."""
    text = _safe(url, error)
    mend = next((mend for part, mend in _CONNECTING if part in text), _NOT_REACHED)
    return CheckpointError(
        f"cannot connect to the checkpoint database {shown(url)!r} ({text}); {mend}"
    )


def _fallback(error: Exception) -> tuple[str, str]:
    if isinstance(error, psycopg.OperationalError):
        return _GONE  # the connection broke: there was nobody to give a SQLSTATE
    if isinstance(error, psycopg.DataError):
        return _MEANINGS["22"]
    if isinstance(error, ValueError | NotImplementedError):
        return "holds what is no checkpoint", "name another database to begin anew"
    return "cannot be used", "see the server's log, then resume the run"


def _safe(url: str, error: Exception) -> str:
    """Return the error's text on one line, without what is secret."""
    # The server's details quote the values it was given.
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    text = " ".join((primary or str(error)).split())
    for secret in sorted(secrets_of(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
