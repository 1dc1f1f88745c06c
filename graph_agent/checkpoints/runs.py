"""What the checkpoints tell of runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.serde.types import INTERRUPT

from graph_agent.checkpoints.opening import open_checkpoints
from graph_agent.checkpoints.sqlite import FILE_NAME, open_saver
from graph_agent.records import Record
from graph_agent.settings import Settings

Status = Literal["solved", "not solved", "waiting", "unfinished"]
"""Waiting: for a person's answer; unfinished: under way, stopped or killed."""


class RunRecord(Record):
    """One run as its last checkpoint tells it."""

    thread_id: str
    request: str
    status: Status
    attempts: int
    last_step: str
    """When, ISO 8601."""
    forked_from: str = ""
    """The run it was forked from, and after which attempt."""


def runs(saver: BaseCheckpointSaver[str]) -> list[RunRecord]:
    """List the runs of a database, newest first."""
    latest: dict[str, CheckpointTuple] = {}
    for saved in saver.list(None):
        thread_id = str(saved.config["configurable"]["thread_id"])
        if thread_id not in latest or saved.checkpoint["id"] > latest[thread_id].checkpoint["id"]:
            latest[thread_id] = saved
    records = [_record(thread_id, saved) for thread_id, saved in latest.items()]
    return sorted(records, key=lambda one: one.last_step, reverse=True)


def thread_exists(where: Settings | Path, thread_id: str) -> bool:
    """Whether anything is checkpointed under a thread's id; a state folder means SQLite.

    Where there is no SQLite file yet, none is made.

    Raises:
        CheckpointError: the database cannot be used.
    """
    state_dir = where if isinstance(where, Path) else where.state_dir
    on_sqlite = isinstance(where, Path) or where.checkpoints is None
    if on_sqlite and not (state_dir / FILE_NAME).exists():
        return False
    opened = open_saver(where) if isinstance(where, Path) else open_checkpoints(where)
    with opened as saver:
        return saver.get_tuple({"configurable": {"thread_id": thread_id}}) is not None


def is_over(values: Mapping[str, Any]) -> bool:
    """Whether a run with these channel values came to its end.

    The snapshot's ``next`` does not tell: it is empty as well when a run was
    killed after a node had finished and before the step was.
    """
    return values.get("decision") in ("done", "give_up")


def _record(thread_id: str, saved: CheckpointTuple) -> RunRecord:
    values = saved.checkpoint["channel_values"]
    origin = (values.get("setup") or {}).get("forked_from") or {}
    return RunRecord(
        thread_id=thread_id,
        request=str(values.get("request", "")),
        status=_status(saved),
        attempts=len(values.get("attempts") or []),
        last_step=saved.checkpoint["ts"],
        forked_from=f"{origin['thread_id']}, attempt {origin['attempt']}" if origin else "",
    )


def _status(saved: CheckpointTuple) -> Status:
    values = saved.checkpoint["channel_values"]
    if is_over(values):
        return "solved" if values.get("success") else "not solved"
    asked = any(channel == INTERRUPT for _, channel, _ in saved.pending_writes or ())
    return "waiting" if asked else "unfinished"
