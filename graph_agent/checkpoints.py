"""Checkpoints on SQLite: strict about what they load, safe against a kill."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from graph_agent.errors import CheckpointError
from graph_agent.records import Record

FILE_NAME = "checkpoints.sqlite"
BUSY_TIMEOUT_S = 30.0


@contextlib.contextmanager
def open_saver(state_dir: Path) -> Iterator[BaseCheckpointSaver[str]]:
    """Open the checkpoint database below ``state_dir``, making it if needed.

    Raises:
        CheckpointError: it cannot be opened, written, or is no such database.
    """
    path = state_dir / FILE_NAME
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives the files beside it the mode of this one
        path.chmod(0o600)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    with contextlib.closing(connection):
        try:
            # One writer beside readers, and no fsync a step: a kill loses nothing, and a power
            # cut at most the last steps.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            saver = SqliteSaver(connection, serde=strict_serializer())
            saver.setup()
            yield saver
        except sqlite3.Error as error:
            raise _unusable(path, error) from error


def strict_serializer() -> JsonPlusSerializer:
    """Load plain data only: langgraph's permissive default would call what a blob names."""
    return JsonPlusSerializer(allowed_msgpack_modules=None)


def _unusable(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"cannot use the checkpoint database {str(path)!r} ({error}); move it away if it is"
        " damaged, or set CODEGEN_AGENT_STATE to a folder that can be written"
    )


class RunRecord(Record):
    """One run as its last checkpoint tells it."""

    thread_id: str
    request: str
    status: Literal["solved", "not solved", "unfinished"]
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


def thread_exists(state_dir: Path, thread_id: str) -> bool:
    """Whether anything is checkpointed under a thread's id."""
    with open_saver(state_dir) as saver:
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
    status: Literal["solved", "not solved", "unfinished"] = "unfinished"
    if is_over(values):
        status = "solved" if values.get("success") else "not solved"
    return RunRecord(
        thread_id=thread_id,
        request=str(values.get("request", "")),
        status=status,
        attempts=len(values.get("attempts") or []),
        last_step=saved.checkpoint["ts"],
        forked_from=f"{origin['thread_id']}, attempt {origin['attempt']}" if origin else "",
    )
