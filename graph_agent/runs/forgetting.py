"""Forget runs: remove their checkpoints, model calls, files, and the values only they used.

A run is removed under its thread's lock, its checkpoints last: if the process is killed before
that, the run is still listed and can be forgotten again. Values go after the checkpoints that
refer to them. They are marked in the store first, so that the next call finds what a killed one
left.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints import (
    RunRecord,
    StoredRun,
    all_referenced_digests,
    no_such_run,
    open_checkpoints,
    stored_runs,
    thread_lock,
)
from graph_agent.config.ages import parse_age
from graph_agent.config.settings import Settings, load_settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import RequestError, ThreadError
from graph_agent.models import open_call_log
from graph_agent.runs.state_size import KINDS, folder_bytes, run_folder

BUSY_WAIT_S = 1.0
"""How long to wait for a thread that another process may be forgetting right now."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The runs to forget, and about how many bytes each kind of data frees."""

    runs: tuple[RunRecord, ...]
    size: Mapping[str, int]
    waiting: tuple[str, ...] = ()
    """Runs that are old enough, and stay because they wait for a person's answer."""


@dataclass(slots=True)
class Forgotten:
    """What was forgotten."""

    threads: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    """Thread → why it couldn't be forgotten."""
    size: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    """Bytes removed, by kind."""
    notes: list[str] = field(default_factory=list)
    """What else a user should know, in sentences."""


def forget(
    *threads: str,
    older_than: timedelta | str | None = None,
    everything: bool = False,
    settings: Settings | None = None,
) -> Forgotten:
    """Forget runs by their threads, by the age of their last step, or all of them.

    Runs that another process works on stay. Runs that wait for a person's answer aren't
    chosen by age.

    Raises:
        RequestError: none, or several, of the three ways are used, or the age is invalid.
        ThreadError: there is no such run.
        CheckpointError: the checkpoints or the call log are unusable.
        VariableStoreError: the variable store is unusable.
    """
    settings = settings or load_settings()
    chosen = select(settings, threads, older_than=older_than, everything=everything)
    return forget_runs(settings, chosen.runs)


def select(
    settings: Settings,
    threads: Sequence[str] = (),
    *,
    older_than: timedelta | str | None = None,
    everything: bool = False,
) -> Selection:
    """Choose runs as :func:`forget` does, and remove nothing.

    Raises:
        RequestError, ThreadError, CheckpointError: as for :func:`forget`.
    """
    if sum((bool(threads), older_than is not None, everything)) != 1:
        raise RequestError(
            "say which runs to forget: name them, or give an age (--older-than 30d), or choose"
            " all of them (--all)"
        )
    with open_checkpoints(settings) as saver:
        stored = stored_runs(saver)
        if unknown := next((name for name in threads if name not in stored), None):
            raise no_such_run(saver, unknown)
    waiting: tuple[str, ...] = ()
    if older_than is not None:
        before = datetime.now(UTC) - _age(older_than)
        old = {name: run for name, run in stored.items() if _last_step(run.record) < before}
        waiting = tuple(name for name, run in old.items() if run.record.status == "waiting")
        chosen = {name: run for name, run in old.items() if name not in waiting}
    elif everything:
        chosen = stored
    else:
        chosen = {name: stored[name] for name in threads}
    others = (run.digests for name, run in stored.items() if name not in chosen)
    size = _size(settings, chosen, set().union(*others))
    return Selection(tuple(run.record for run in chosen.values()), size, waiting)


def forget_runs(
    settings: Settings, runs: Iterable[RunRecord], *, rewrite: bool = True
) -> Forgotten:
    """Forget runs that :func:`select` chose, except those that have continued since.

    ``rewrite``: also shrink a database of an earlier version, which rewrites it.

    Raises:
        CheckpointError, VariableStoreError: as for :func:`forget`.
    """
    done = Forgotten()
    with open_checkpoints(settings) as saver:
        busy = [run for run in runs if not _forget_one(settings, saver, run, done)]
        deadline = time.monotonic() + BUSY_WAIT_S
        while busy and time.monotonic() < deadline:
            time.sleep(BUSY_WAIT_S / 5)
            busy = [run for run in busy if not _forget_one(settings, saver, run, done)]
        _remove_values(settings, saver, done)
        shrink = getattr(saver, "shrink", None)  # Postgres uses the space again by itself
        reasons = [shrink(rewrite=rewrite)] if shrink else []
    reasons.append(open_call_log(settings).shrink(rewrite=rewrite))
    if reason := next(filter(None, reasons), ""):
        done.notes.append(
            f"a database file could not be made smaller now ({reason}); its free space is used"
            " for new runs, and the next `codegen-agent forget` tries again"
        )
    return done


def _forget_one(
    settings: Settings, saver: BaseCheckpointSaver[str], run: RunRecord, done: Forgotten
) -> bool:
    """Forget a run; return False if it is locked, with the reason in ``done.kept``."""
    thread = run.thread_id
    done.kept.pop(thread, None)
    try:
        with thread_lock(settings, thread):
            now = stored_runs(saver, thread).get(thread)
            if now is not None and now.record.last_step != run.last_step:
                done.kept[thread] = "it has continued since it was chosen"
            else:
                _remove(settings, saver, thread, now, done)
                done.threads.append(thread)
    except ThreadError as error:
        done.kept[thread] = str(error)
        return False
    except OSError as error:
        done.kept[thread] = f"{error.filename!r} cannot be removed: {error.strerror}"
    return True


def _remove(
    settings: Settings,
    saver: BaseCheckpointSaver[str],
    thread: str,
    run: StoredRun | None,
    done: Forgotten,
) -> None:
    """Remove what belongs to one run only; ``run`` None: its checkpoints are gone already."""
    if run is not None:
        store = variable_store(settings)
        store.give_up(run.digests, _last_step(run.record).timestamp())
        done.size["checkpoints"] += run.size_bytes
    folder = run_folder(settings, thread)
    if folder is not None and os.path.lexists(folder):
        done.size["files"] += folder_bytes(folder)
        _remove_folder(folder)
    calls = open_call_log(settings)
    done.size["calls"] += calls.thread_bytes([thread])
    calls.forget(thread)
    saver.delete_thread(thread)


def _remove_folder(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()  # what it points to isn't ours
    else:
        shutil.rmtree(folder)


def _remove_values(settings: Settings, saver: BaseCheckpointSaver[str], done: Forgotten) -> None:
    """Remove the values that runs gave up and no checkpoint refers to."""
    store = variable_store(settings)
    if not store.given_up():
        return
    if store.root.is_symlink():
        done.notes.append(
            f"no values were removed: {str(store.root)!r} is a link, and a state folder elsewhere"
            " may use the same values"
        )
        return
    keep = all_referenced_digests(settings, saver)
    done.size["values"] += store.remove_given_up(keep)


def _size(settings: Settings, runs: Mapping[str, StoredRun], others: set[str]) -> dict[str, int]:
    store = variable_store(settings)
    values: dict[str, int] = {}
    for run in runs.values():
        values |= store.blob_bytes(run.digests - others, _last_step(run.record).timestamp())
    folders = [folder for name in runs if (folder := run_folder(settings, name)) is not None]
    return {
        "checkpoints": sum(run.size_bytes for run in runs.values()),
        "calls": open_call_log(settings).thread_bytes(list(runs)),
        "values": sum(values.values()),
        "files": sum(map(folder_bytes, folders)),
    }


def _age(given: timedelta | str) -> timedelta:
    try:
        return parse_age(given) if isinstance(given, str) else given
    except ValueError as error:
        raise RequestError(f"the age {error}") from None


def _last_step(run: RunRecord) -> datetime:
    return datetime.fromisoformat(run.last_step)
