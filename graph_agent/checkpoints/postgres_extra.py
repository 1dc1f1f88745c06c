"""The packages Postgres takes, which not everybody has."""

from __future__ import annotations

from graph_agent.errors import CheckpointError


def require_postgres() -> None:
    """Load what Postgres takes.

    Raises:
        CheckpointError: a package, or the library below it, is missing.
    """
    try:
        import langgraph.checkpoint.postgres  # noqa: F401  # and psycopg with it
    except ImportError as error:
        raise CheckpointError(
            "checkpoints in Postgres, which CODEGEN_AGENT_CHECKPOINTS names, need packages that"
            f" are not here ({error}); install them: pip install 'codegen-agent[postgres]'"
        ) from error
