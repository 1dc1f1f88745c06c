"""Checkpoints of runs: SQLite in the state folder, or Postgres; one worker a thread."""

from __future__ import annotations

from graph_agent.checkpoints.opening import open_checkpoints
from graph_agent.checkpoints.runs import RunRecord, is_over, runs, thread_exists
from graph_agent.checkpoints.serializer import strict_serializer
from graph_agent.checkpoints.sqlite import FILE_NAME, open_saver
from graph_agent.checkpoints.thread_lock import thread_lock

__all__ = [
    "FILE_NAME",
    "RunRecord",
    "is_over",
    "open_checkpoints",
    "open_saver",
    "runs",
    "strict_serializer",
    "thread_exists",
    "thread_lock",
]
