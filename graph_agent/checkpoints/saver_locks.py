"""The lock on a thread where a given saver keeps it: beside its SQLite file, or in its Postgres.

So two processes can't work on one thread, whether :class:`~graph_agent.workflow.AgentWorkflow`
runs the graph or a caller does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from graph_agent.checkpoints.guarded import GuardedSaver
from graph_agent.checkpoints.sqlite.saver import FILE_NAME
from graph_agent.checkpoints.thread_locks import lock_beside, lock_in_postgres

__all__ = ["Place", "aplace_of", "lock_at", "place_of"]

Place = Path | str
"""Where a saver's threads are locked: a SQLite file, or the URL of a Postgres database."""
_FILES = "PRAGMA database_list"


def place_of(saver: object) -> Place | None:
    """Return where a synchronous saver keeps its threads.

    None: in this process's memory, or where nothing is known of.

    Raises:
        CheckpointError: a saver of ours is closed.
    """
    with saver.translated_errors() if isinstance(saver, GuardedSaver) else nullcontext():
        if not _is_kind(saver, "SqliteSaver"):
            return _database(saver)
        with saver.lock:  # type: ignore[attr-defined]  # by its class
            return _file(saver.conn.execute(_FILES).fetchall())  # type: ignore[attr-defined]  # same


async def aplace_of(saver: object) -> Place | None:
    """Return the same for any saver; the file of an asynchronous one is asked for in its loop."""
    if _is_kind(saver, "AsyncSqliteSaver"):
        await saver.setup()  # type: ignore[attr-defined]  # by its class; it connects
        return _file(await saver.conn.execute_fetchall(_FILES))  # type: ignore[attr-defined]  # same
    return place_of(saver)


def lock_at(place: Place, thread_id: str) -> AbstractContextManager[None]:
    """Lock a thread.

    Raises:
        ThreadError: another worker holds the lock.
        CheckpointError: the lock can't be created.
    """
    if isinstance(place, str):
        return lock_in_postgres(place, thread_id)
    ours = place.name == FILE_NAME  # then AgentWorkflow may work on it
    folder = place.parent / "locks" if ours else place.with_name(f"{place.name}-locks")
    return lock_beside(folder, thread_id)


def _is_kind(saver: object, name: str) -> bool:
    """Whether a saver is of LangGraph's class of this name, which may not be installed."""
    return any(
        kind.__name__ == name and kind.__module__.startswith("langgraph.checkpoint.")
        for kind in type(saver).__mro__
    )


def _file(rows: Any) -> Path | None:
    path = next((row[2] for row in rows if row[1] == "main"), "")
    return Path(path).resolve() if path else None  # in memory


def _database(saver: object) -> str | None:
    kinds = ("PostgresSaver", "AsyncPostgresSaver")
    if not any(_is_kind(saver, kind) for kind in kinds):
        return None
    from psycopg.conninfo import conninfo_to_dict

    connection: Any = saver.conn  # type: ignore[attr-defined]  # by its class
    info = getattr(connection, "info", None)
    if info is not None:
        return _url({**info.get_parameters(), "password": info.password})
    text, given = getattr(connection, "conninfo", None), getattr(connection, "kwargs", None)
    if not isinstance(text, str) or callable(given):  # made anew for each connection
        return None
    more = {name: value for name, value in (given or {}).items() if name in _PARTS}
    return _url({**conninfo_to_dict(text), **more})


_PARTS = ("user", "password", "host", "hostaddr", "port", "dbname", "service", "sslmode")


def _url(parameters: Mapping[str, Any]) -> str:
    """Make a URL of a connection's parameters; the host is an option, for it may be a folder."""
    rest = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
    rest.pop("application_name", None)
    user, password = quote(rest.pop("user", ""), safe=""), quote(rest.pop("password", ""), safe="")
    database = quote(rest.pop("dbname", ""), safe="")
    account = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return f"postgresql://{account}/{database}?{urlencode(rest, quote_via=quote)}"
