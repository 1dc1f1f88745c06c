"""How much disk space the state takes, by kind."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from graph_agent.checkpoints import database_bytes
from graph_agent.config.settings import Settings

KINDS = ("checkpoints", "calls", "values", "files")


def state_size(settings: Settings) -> dict[str, int]:
    """Return the bytes of each of :data:`KINDS` and of the log.

    Raises:
        CheckpointError: the database can't be used.
    """
    state = settings.state_dir
    return {
        "checkpoints": database_bytes(settings),
        "calls": folder_bytes(state / "calls"),
        "values": folder_bytes(state / "variables"),
        "files": folder_bytes(state / "runs"),
        "log": folder_bytes(state / "log"),
    }


def folder_bytes(folder: Path) -> int:
    """Add up the sizes of a folder's files; links aren't followed."""
    if folder.is_symlink():
        return 0
    return sum(_size(Path(path, name)) for path, _, names in os.walk(folder) for name in names)


def run_folder(settings: Settings, thread_id: str) -> Path | None:
    """Return where the command line saves a run's files by default.

    None for an id that can't name a folder there: what is elsewhere isn't ours to remove.
    """
    if thread_id in ("", ".", "..") or any(char in thread_id for char in "/\\\0"):
        return None
    return settings.state_dir / "runs" / thread_id


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0
