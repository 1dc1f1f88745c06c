"""An older state folder, open to others: each part is closed when it is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from graph_agent.checkpoints import open_checkpoints
from graph_agent.checkpoints.thread_locks import thread_lock
from graph_agent.config.log import configure_log
from graph_agent.config.settings import Settings
from graph_agent.models import CallLog
from sandbox import VariableStore
from tests.graph_agent.cli.command import _close_log

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")


def open_everything(settings: Settings) -> None:
    state = settings.state_dir
    configure_log(state, "INFO")
    with open_checkpoints(settings) as saver, thread_lock(settings, "t"):
        list(saver.list(None))
        calls = CallLog(state / "calls")
        calls._open().execute("SELECT * FROM calls")
        store = VariableStore(state / "variables")
        store.put(b"data")
        with store.job_folder():
            pass
    _close_log()  # as at the end of a process


def too_open(state: Path) -> dict[str, str]:
    """Name what others may enter or read; blobs and jobs are behind a closed folder."""
    places = [state, *(path for path in state.rglob("*") if "variables/" not in str(path))]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in places}
    return {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077}


def test_an_older_folder_is_closed(settings: Settings) -> None:
    state = settings.state_dir
    open_everything(settings)
    assert too_open(state) == {}
    for path in (state, *state.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for name in ("checkpoints.sqlite-wal", "log/codegen_agent.log.1"):
        (state / name).touch(mode=0o644)
    open_everything(settings)
    assert too_open(state) == {}
