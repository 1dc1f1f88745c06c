"""Checkpoints of runs, in SQLite or Postgres, and the locks on their threads."""

from __future__ import annotations

from graph_agent.checkpoints.guarded import strict_serializer
from graph_agent.checkpoints.opening import database_bytes, open_checkpoints
from graph_agent.checkpoints.saved_runs import (
    RunRecord,
    StoredRun,
    all_referenced_digests,
    is_finished,
    list_runs,
    no_such_run,
    referenced_digests,
    run_record,
    runs_before,
    stored_runs,
    thread_exists,
)
from graph_agent.checkpoints.sqlite.saver import FILE_NAME, open_saver
from graph_agent.checkpoints.thread_locks import thread_lock

__all__ = [
    "FILE_NAME",
    "RunRecord",
    "StoredRun",
    "all_referenced_digests",
    "database_bytes",
    "is_finished",
    "list_runs",
    "no_such_run",
    "open_checkpoints",
    "open_saver",
    "referenced_digests",
    "run_record",
    "runs_before",
    "stored_runs",
    "strict_serializer",
    "thread_exists",
    "thread_lock",
]
