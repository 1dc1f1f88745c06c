"""What the checkpoints say about runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from graph_agent.checkpoints.opening import open_checkpoints
from graph_agent.checkpoints.sqlite.saver import FILE_NAME, open_saver
from graph_agent.config.settings import Settings
from graph_agent.errors import ThreadError
from graph_agent.langgraph_internals import first_id_at, waits_for_answer
from graph_agent.records import Record
from graph_agent.similar import closest

Status = Literal["solved", "not solved", "waiting", "unfinished"]
"""Waiting: for a person's answer; unfinished: running, stopped or killed."""
# Overlapping matches: text next to a digest may look like part of it, and none may be missed.
_DIGEST = re.compile(rb"(?=([0-9a-f]{64}))")


class RunRecord(Record):
    """One run, as of its last checkpoint."""

    thread_id: str
    request: str
    status: Status
    attempts: int
    last_step: str
    """When, ISO 8601."""
    forked_from: str = ""
    """The run it was forked from, and after which attempt."""
    follows: str = ""
    """The run of the earlier request, if this is a follow-up."""


@dataclass(slots=True)
class StoredRun:
    """A run, the size of all its checkpoints, and the digests of stored values in them."""

    latest: CheckpointTuple
    size_bytes: int
    digests: set[str]

    @property
    def record(self) -> RunRecord:
        """The run as of its last checkpoint."""
        return _record(_thread_of(self.latest), self.latest)


def list_runs(saver: BaseCheckpointSaver[str]) -> list[RunRecord]:
    """List the runs of a database, newest first."""
    latest: dict[str, CheckpointTuple] = {}
    for saved in saver.list(None):
        thread_id = _thread_of(saved)
        if thread_id not in latest or saved.checkpoint["id"] > latest[thread_id].checkpoint["id"]:
            latest[thread_id] = saved
    records = [_record(thread_id, saved) for thread_id, saved in latest.items()]
    return sorted(records, key=lambda record: record.last_step, reverse=True)


def stored_runs(
    saver: BaseCheckpointSaver[str], thread_id: str | None = None
) -> dict[str, StoredRun]:
    """Read every checkpoint of a database, or of one thread; return the runs by thread."""
    runs: dict[str, StoredRun] = {}
    for saved in saver.list(None if thread_id is None else _config(thread_id)):
        data = _serialized(saver, saved)
        run = runs.setdefault(_thread_of(saved), StoredRun(saved, 0, set()))
        if saved.checkpoint["id"] > run.latest.checkpoint["id"]:
            run.latest = saved
        run.size_bytes += len(data)
        run.digests.update(_digests(data))
    return runs


def runs_before(saver: BaseCheckpointSaver[str], time: datetime) -> list[RunRecord]:
    """List the runs whose last step is older, without reading the checkpoints of newer ones."""
    before: RunnableConfig = {"configurable": {"checkpoint_id": first_id_at(time)}}
    threads = {_thread_of(saved) for saved in saver.list(None, before=before)}
    latest = {thread: saver.get_tuple(_config(thread)) for thread in threads}
    records = [_record(thread, saved) for thread, saved in latest.items() if saved is not None]
    return [record for record in records if datetime.fromisoformat(record.last_step) < time]


def referenced_digests(saver: BaseCheckpointSaver[str]) -> set[str]:
    """Collect everything that looks like a digest in all checkpoints and pending writes."""
    found: set[str] = set()
    for saved in saver.list(None):
        found.update(_digests(_serialized(saver, saved)))
    return found


def all_referenced_digests(settings: Settings, saver: BaseCheckpointSaver[str]) -> set[str]:
    """Collect the digests in the settings' database, and in a state folder's SQLite file.

    Runs from before the settings named a Postgres database share their values with its runs.

    Raises:
        CheckpointError: one of them can't be read.
    """
    found = referenced_digests(saver)
    if settings.checkpoints is not None and (settings.state_dir / FILE_NAME).exists():
        with open_saver(settings.state_dir) as earlier:
            found |= referenced_digests(earlier)
    return found


def thread_exists(settings: Settings, thread_id: str) -> bool:
    """Whether anything is checkpointed under a thread's id; creates no SQLite file.

    Raises:
        CheckpointError: the database can't be used.
    """
    if settings.checkpoints is None and not (settings.state_dir / FILE_NAME).exists():
        return False
    with open_checkpoints(settings) as saver:
        return saver.get_tuple(_config(thread_id)) is not None


def run_record(saver: BaseCheckpointSaver[str], thread_id: str) -> RunRecord:
    """Return one run.

    Raises:
        ThreadError: there is no such run.
    """
    saved = saver.get_tuple(_config(thread_id))
    if saved is None:
        raise no_such_run(saver, thread_id)
    return _record(thread_id, saved)


def no_such_run(saver: BaseCheckpointSaver[str], thread_id: str) -> ThreadError:
    """Make the error for an unknown thread; it names the most similar one there is."""
    known = dict.fromkeys(_thread_of(saved) for saved in saver.list(None))
    close = closest(thread_id, known, 0.5)
    hint = f"did you mean {close!r}? " if close else ""
    return ThreadError(f"there is no run {thread_id!r}; {hint}`codegen-agent threads` lists them")


def is_finished(values: Mapping[str, Any]) -> bool:
    """Whether a run with these channel values has finished.

    The snapshot's ``next`` can't answer that: it is also empty if a run was
    killed after a node had finished but before its step had.
    """
    return values.get("decision") in ("done", "give_up")


def _thread_of(saved: CheckpointTuple) -> str:
    return str(saved.config["configurable"]["thread_id"])


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _serialized(saver: BaseCheckpointSaver[str], saved: CheckpointTuple) -> bytes:
    """Serialize a whole checkpoint, so that a digest is found wherever it is."""
    content = [saved.checkpoint, saved.metadata, saved.pending_writes]
    return saver.serde.dumps_typed(content)[1]


def _digests(data: bytes) -> Iterator[str]:
    return (digest.decode() for digest in _DIGEST.findall(data))


def _record(thread_id: str, saved: CheckpointTuple) -> RunRecord:
    values = saved.checkpoint["channel_values"]
    setup = values.get("setup") or {}
    origin = setup.get("forked_from") or {}
    return RunRecord(
        thread_id=thread_id,
        request=str(values.get("request", "")),
        status=_status(saved),
        attempts=len(values.get("attempts") or []),
        last_step=saved.checkpoint["ts"],
        forked_from=f"{origin['thread_id']}, attempt {origin['attempt']}" if origin else "",
        follows=str(setup.get("follows") or ""),
    )


def _status(saved: CheckpointTuple) -> Status:
    values = saved.checkpoint["channel_values"]
    if is_finished(values):
        return "solved" if values.get("success") else "not solved"
    return "waiting" if waits_for_answer(saved.pending_writes) else "unfinished"
