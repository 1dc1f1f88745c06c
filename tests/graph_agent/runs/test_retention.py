"""Old runs are forgotten once a day, and nothing about it fails a run."""

from __future__ import annotations

import logging
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from graph_agent.checkpoints import FILE_NAME, list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.langgraph_internals import INTERRUPT
from graph_agent.runs.retention import PERIOD_S, apply_retention, start_retention
from tests.graph_agent.checkpoints.other_processes import lock_elsewhere
from tests.graph_agent.runs.stored import blobs, save_run

OLD = datetime.now(UTC) - timedelta(days=40)


def keeping(settings: Settings, age: str = "30d") -> Settings:
    return settings.model_copy(update={"retention": age})


def threads(settings: Settings) -> set[str]:
    with open_checkpoints(settings) as saver:
        return {run.thread_id for run in list_runs(saver)}


def test_old_runs_go_and_the_others_stay(either: Settings) -> None:
    save_run(either, "old", 1, at=OLD)
    save_run(either, "waits", 2, at=OLD, decision="", pending=[(INTERRUPT, "ask")])
    save_run(either, "busy", 3, at=OLD, decision="")
    new = save_run(either, "new", 4)
    with lock_elsewhere(either, "busy"):
        apply_retention(keeping(either))
    assert threads(either) == {"waits", "busy", "new"}
    assert new < blobs(either)


def test_a_run_that_continued_lately_is_not_old(settings: Settings) -> None:
    save_run(settings, "t", 1, at=OLD)
    save_run(settings, "t", 2)
    apply_retention(keeping(settings))
    assert threads(settings) == {"t"}


def test_at_most_once_a_day(settings: Settings) -> None:
    apply_retention(keeping(settings))
    save_run(settings, "old", 1, at=OLD)
    apply_retention(keeping(settings))
    assert threads(settings) == {"old"}
    yesterday = time.time() - PERIOD_S
    os.utime(settings.state_dir / ".retention", (yesterday, yesterday))
    thread = start_retention(keeping(settings))
    assert thread is not None
    thread.join()
    assert threads(settings) == set()


def test_by_default_everything_is_kept(settings: Settings) -> None:
    save_run(settings, "old", 1, at=OLD)
    assert start_retention(settings) is None
    apply_retention(settings)
    assert threads(settings) == {"old"}
    assert not (settings.state_dir / ".retention").exists()


def test_a_failure_is_only_logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    (settings.state_dir / FILE_NAME).write_bytes(b"not a database" * 1_000)
    with caplog.at_level(logging.WARNING):
        apply_retention(keeping(settings))
    assert "could not be forgotten" in caplog.text
