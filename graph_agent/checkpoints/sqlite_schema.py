"""Which SQLite databases LangGraph's saver can work on, found out before anything is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from graph_agent.checkpoints.sqlite_errors import other_version

_KEY = frozenset({"thread_id", "checkpoint_ns", "checkpoint_id"})

COLUMNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "checkpoints": _KEY | {"parent_checkpoint_id", "type", "checkpoint", "metadata"},
        # Not ``task_path``, which the saver adds to tables from before version 3.1.1.
        "writes": _KEY | {"task_id", "idx", "channel", "type", "value"},
    }
)
"""Table → the columns the saver needs. All versions from 1.0.0 on have them."""

_KNOWN = frozenset({"task_path"})


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database the saver could not use, before it is changed.

    Columns more than needed are welcome if a row can be written without them.

    Raises:
        CheckpointError: a column is missing, or one must be filled that nobody here knows.
        sqlite3.Error: the file cannot be read.
    """
    for table, needed in COLUMNS.items():
        # name, type, whether NOT NULL, default; nothing if there is no such table.
        rows = connection.execute(
            'SELECT name, "notnull", dflt_value FROM pragma_table_info(?)', (table,)
        ).fetchall()
        found = {str(name) for name, _, _ in rows}
        if rows and (missing := needed - found):
            raise other_version(path, f"table {table!r} has no {', '.join(sorted(missing))}")
        must = {name for name, not_null, default in rows if not_null and default is None}
        if unknown := must - needed - _KNOWN:
            raise other_version(path, f"table {table!r} needs {', '.join(sorted(unknown))}")
