"""One worker a thread: two on one would both pay for its calls and overwrite each other."""

from __future__ import annotations

import contextlib
from pathlib import Path

from graph_agent.checkpoints.file_lock import hold_file
from graph_agent.checkpoints.postgres_extra import require_postgres
from graph_agent.settings import Settings

FOLDER = "locks"


def thread_lock(settings: Settings, thread_id: str) -> contextlib.AbstractContextManager[None]:
    """Hold a thread's lock, where its checkpoints are: the database's or the file system's.

    It excludes other processes and other holders in this one, and ends with its
    process, however that ends.

    Raises:
        ThreadError: somebody else works on the thread; at once, without waiting.
        CheckpointError: no lock can be made there.
    """
    if settings.checkpoints is None:
        return hold_file(Path(settings.state_dir) / FOLDER, thread_id)
    require_postgres()
    from graph_agent.checkpoints.advisory_lock import hold_advisory

    return hold_advisory(settings.checkpoints.get_secret_value(), thread_id)
