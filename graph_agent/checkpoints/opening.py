"""Open the checkpoints that the settings name."""

from __future__ import annotations

import contextlib

from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints.sqlite.saver import FILE_NAME, open_saver
from graph_agent.config.settings import Settings
from graph_agent.errors import CheckpointError


def open_checkpoints(
    settings: Settings,
) -> contextlib.AbstractContextManager[BaseCheckpointSaver[str]]:
    """Open the checkpoint database that the settings name, creating its tables if needed.

    Its saver has synchronous and asynchronous methods.

    Raises:
        CheckpointError: the database can't be used; the saver's methods raise it too.
    """
    if settings.checkpoints is None:
        return open_saver(settings.state_dir)
    require_postgres()
    from graph_agent.checkpoints.postgres.saver import open_postgres

    return open_postgres(settings.checkpoints.get_secret_value())


def database_bytes(settings: Settings) -> int:
    """Return the size of the checkpoint database, 0 if there is none yet.

    Raises:
        CheckpointError: it can't be asked.
    """
    if settings.checkpoints is None:
        return sum(path.stat().st_size for path in settings.state_dir.glob(f"{FILE_NAME}*"))
    require_postgres()
    from graph_agent.checkpoints.postgres.saver import tables_bytes

    return tables_bytes(settings.checkpoints.get_secret_value())


def require_postgres() -> None:
    """Import the optional packages for Postgres.

    Raises:
        CheckpointError: a package, or the C library it needs, is missing.
    """
    try:
        import langgraph.checkpoint.postgres  # noqa: F401  # imports psycopg
    except ImportError as error:
        raise CheckpointError(
            "CODEGEN_AGENT_CHECKPOINTS names a Postgres database, but the packages for it aren't"
            f" installed ({error}); run: pip install 'codegen-agent[postgres]'"
        ) from error
