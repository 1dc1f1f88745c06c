"""Looks from outside at the folder of runs that were killed: what is kept, and what is left."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from graph_agent.checkpoints import all_referenced_digests, open_checkpoints, stored_runs
from graph_agent.config.settings import Settings
from graph_agent.models import CallLog
from sandbox.containers.leftovers import remove_from_store
from sandbox.variables.store import VariableStore
from tests.killed_runs import Run

ANSWERS = 4
"""Of the model, in each run."""
KEPT_FILES = {"checkpoints.sqlite", "calls", "variables", "locks", "log"}
OLD_S = 7200


def settings_of(run: Run) -> Settings:
    """Return the settings of a run's processes, as far as they concern the state."""
    return Settings(state_dir=run.state, cache_dir=run.folder / "cache")


def kept_answers(run: Run, thread: str) -> int:
    """Count the answers in the call log."""
    return sum(call.over for call in CallLog(run.state / "calls").calls(thread))


def has_begun(run: Run, thread: str) -> bool:
    """Whether a thread has a checkpoint."""
    with open_checkpoints(settings_of(run)) as saver:
        return thread in stored_runs(saver, thread)


def faults(run: Run, thread: str) -> list[str]:
    """List what isn't right about the stored state of a solved run."""
    found = []
    for path in (run.state / "checkpoints.sqlite", run.state / "calls" / "calls.sqlite"):
        with closing(sqlite3.connect(path)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
            found += [] if said == "ok" else [f"{path.name} is damaged: {said}"]
    if (kept := kept_answers(run, thread)) != ANSWERS:
        found.append(f"the call log has {kept} answers, not {ANSWERS}")
    with open_checkpoints(settings_of(run)) as saver:
        n_checkpoints = len(list(saver.list({"configurable": {"thread_id": thread}})))
        status = stored_runs(saver, thread)[thread].record.status
    if (status, n_checkpoints) != ("solved", 1):
        found.append(f"the run is {status} and has {n_checkpoints} checkpoints")
    return found


def left(run: Run) -> list[str]:
    """List containers, processes, locks and temporary files that no run needs any more."""
    folders = [run.folder / "tmp", run.state / "locks", run.state / "variables" / "jobs"]
    found = [str(path) for folder in folders if folder.is_dir() for path in folder.iterdir()]
    found += [str(path) for path in run.state.iterdir() if path.name not in KEPT_FILES]
    found += [f"process {pid}" for pid in processes_of(run.folder)]
    return found + [f"container {container['Names']}" for container in run.containers()]


def left_after(run: Run, wait_s: float) -> list[str]:
    """List what is left, after waiting for it to go."""
    deadline = time.monotonic() + wait_s
    while (found := left(run)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def processes_of(folder: Path) -> list[int]:
    """Find processes that were started with this folder for their temporary files."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def left_after_gc(run: Run) -> list[str]:
    """Collect garbage an hour later; list damaged values and those that nobody refers to."""
    store, settings = VariableStore(run.state / "variables"), settings_of(run)
    blobs = store.root / "blobs"

    def stored() -> list[Path]:
        return [*blobs.glob("??/*"), *blobs.glob(".*")]

    for path in stored():
        os.utime(path, (time.time() - OLD_S,) * 2)
    with open_checkpoints(settings) as saver:
        referenced = all_referenced_digests(settings, saver)
        CallLog(run.state / "calls").forget_all_but(list(stored_runs(saver)))
    remove_from_store(store, referenced)
    found = [f"value {path.name}" for path in stored() if path.name not in referenced]
    return found + [f"damaged value {digest}" for digest in store.verify()]
