"""The checkpoints the settings name."""

from __future__ import annotations

import contextlib

from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints.postgres_extra import require_postgres
from graph_agent.checkpoints.sqlite import open_saver
from graph_agent.settings import Settings


def open_checkpoints(
    settings: Settings,
) -> contextlib.AbstractContextManager[BaseCheckpointSaver[str]]:
    """Open the checkpoint database the settings name, making its tables if needed.

    Its saver has synchronous and asynchronous methods.

    Raises:
        CheckpointError: it cannot be used; also by whatever the saver does later.
    """
    if settings.checkpoints is None:
        return open_saver(settings.state_dir)
    require_postgres()
    from graph_agent.checkpoints.postgres import open_postgres

    return open_postgres(settings.checkpoints.get_secret_value())
