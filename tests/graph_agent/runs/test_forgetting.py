"""Forgotten runs are gone with all that was theirs, however the process ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from graph_agent import RequestError, ThreadError, forget
from graph_agent.checkpoints import (
    FILE_NAME,
    list_runs,
    open_checkpoints,
    open_saver,
    referenced_digests,
    stored_runs,
)
from graph_agent.config.settings import Settings
from graph_agent.langgraph_internals import INTERRUPT
from graph_agent.models import CallLog
from graph_agent.runs.forgetting import forget_runs, select
from tests.graph_agent.checkpoints.other_processes import lock_elsewhere, run_at_once
from tests.graph_agent.checkpoints.saving import put
from tests.graph_agent.runs.stored import blobs, save_run, store_of

SHARED = np.arange(100_000)
OLD = datetime.now(UTC) - timedelta(days=40)


def threads(settings: Settings) -> set[str]:
    with open_checkpoints(settings) as saver:
        return {run.thread_id for run in list_runs(saver)}


def folders(settings: Settings) -> set[str]:
    return {path.name for path in (settings.state_dir / "runs").iterdir()}


def calls(settings: Settings, thread: str) -> int:
    return len(list(CallLog(settings.state_dir / "calls").calls(thread)))


def test_a_run_is_gone_with_what_only_it_used(either: Settings) -> None:
    own = save_run(either, "a", np.ones(50_000))
    save_run(either, "a", SHARED)
    kept = save_run(either, "b", SHARED)
    chosen = select(either, ["a"])
    done = forget("a", settings=either)
    assert done.threads == ["a"]
    assert (done.kept, done.notes) == ({}, [])
    assert done.size == chosen.size
    assert all(done.size.values())
    assert done.size["values"] >= 400_000
    assert threads(either) == folders(either) == {"b"}
    assert (calls(either, "a"), calls(either, "b")) == (0, 1)
    assert blobs(either) == kept
    assert own & kept == set()
    assert not list((either.state_dir).glob("locks/*"))


def test_a_value_stored_again_by_a_run_that_just_begins_stays(settings: Settings) -> None:
    digests = save_run(settings, "a", SHARED)
    again = store_of(settings).put_variables({"value": SHARED})
    assert forget("a", settings=settings).size["values"] == 0
    assert blobs(settings) == digests == set(again.digests())


def test_values_of_an_earlier_step_are_known(either: Settings) -> None:
    early = save_run(either, "a", np.ones(1_000), decision="retry")
    save_run(either, "a", np.zeros(1_000))
    save_run(either, "b", np.ones(1_000))
    forget("b", settings=either)
    assert early <= blobs(either)
    forget("a", settings=either)
    assert blobs(either) == set()


def test_the_files_shrink(settings: Settings) -> None:
    for number in range(20):
        save_run(settings, f"run-{number}", number)
        with open_checkpoints(settings) as saver:
            put(saver, f"run-{number}", request="x" * 50_000, decision="done")
    assert forget(everything=True, settings=settings).notes == []
    database = settings.state_dir / FILE_NAME
    assert database.stat().st_size < 100_000
    assert b"xxxx" not in database.read_bytes()
    assert b"ask run-1" not in (settings.state_dir / "calls" / "calls.sqlite").read_bytes()


def test_by_age(either: Settings) -> None:
    save_run(either, "old", 1, at=OLD)
    save_run(either, "killed", 2, at=OLD, decision="")
    save_run(either, "new", 3)
    save_run(either, "waits", 4, at=OLD, decision="", pending=[(INTERRUPT, "ask")])
    chosen = select(either, older_than="30d")
    assert {run.thread_id for run in chosen.runs} == {"old", "killed"}
    assert chosen.waiting == ("waits",)
    assert set(forget(older_than=timedelta(days=30), settings=either).threads) == {"old", "killed"}
    assert threads(either) == {"new", "waits"}
    assert forget("waits", settings=either).threads == ["waits"]


def test_a_run_that_is_worked_on_stays(either: Settings) -> None:
    save_run(either, "busy", 1)
    save_run(either, "free", 2)
    with lock_elsewhere(either, "busy"):
        done = forget(everything=True, settings=either)
    assert done.threads == ["free"]
    assert "working on" in done.kept["busy"]
    assert threads(either) == folders(either) == {"busy"}
    assert forget(everything=True, settings=either).threads == ["busy"]


def test_a_run_that_has_continued_stays(settings: Settings) -> None:
    save_run(settings, "a", 1)
    chosen = select(settings, everything=True)
    save_run(settings, "a", 2, decision="retry")
    done = forget_runs(settings, chosen.runs)
    assert "continued" in done.kept["a"]
    assert threads(settings) == {"a"}


def test_an_unknown_run(settings: Settings) -> None:
    save_run(settings, "tips-2024", 1)
    with pytest.raises(ThreadError, match="did you mean 'tips-2024'"):
        forget("tips-2042", settings=settings)
    assert threads(settings) == {"tips-2024"}


@pytest.mark.parametrize(
    "options",
    [{}, {"older_than": "1d", "everything": True}, {"older_than": "soon"}],
)
def test_what_to_forget_must_be_clear(settings: Settings, options: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        forget(settings=settings, **options)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("thread", ["../../escaped", "..", "a/b"])
def test_no_thread_reaches_outside_the_runs(settings: Settings, thread: str) -> None:
    outside = settings.state_dir.parent / "escaped"
    outside.mkdir(parents=True)
    (outside / "precious").write_text("x")
    (settings.state_dir / "runs" / "a" / "b").mkdir(parents=True)
    with open_checkpoints(settings) as saver:
        put(saver, thread, request="x", decision="done")
    assert forget(thread, settings=settings).threads == [thread]
    assert (outside / "precious").exists()
    assert (settings.state_dir / "runs" / "a" / "b").exists()


def test_a_linked_folder_loses_the_link_only(settings: Settings, tmp_path: Path) -> None:
    save_run(settings, "a", 1)
    folder = settings.state_dir / "runs" / "a"
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    forget("a", settings=settings)
    assert folders(settings) == set()
    assert (elsewhere / "code.py").exists()


def test_a_store_that_may_be_shared_keeps_its_values(settings: Settings, tmp_path: Path) -> None:
    digests = save_run(settings, "a", SHARED)
    root = store_of(settings).root
    root.rename(tmp_path / "shared")
    root.symlink_to(tmp_path / "shared")
    (note,) = forget("a", settings=settings).notes
    assert "link" in note
    assert blobs(settings) == digests


def test_values_of_an_earlier_sqlite_file_stay(settings: Settings, on_postgres: Settings) -> None:
    digests = save_run(settings, "before", SHARED)
    save_run(on_postgres, "after", SHARED)
    forget("after", settings=on_postgres)
    assert blobs(settings) == digests
    with open_saver(settings.state_dir) as saver:
        assert digests <= referenced_digests(saver)


def forget_all(settings: Settings) -> None:
    forget(everything=True, settings=settings)


def test_two_processes_forget_at_once(either: Settings) -> None:
    for number in range(8):
        save_run(either, f"run-{number}", np.full(1_000, number))
    run_at_once(forget_all, (either,), (either,))
    assert threads(either) == folders(either) == blobs(either) == set()


STEPS = {"execute", "commit", "unlink", "utime", "rename", "rmdir"}


def forget_until(settings: Settings, steps: int) -> None:
    """Forget all runs; kill this process before the step of that number."""
    left = steps

    def count(_: FrameType, event: str, called: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(called, "__name__", "") in STEPS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    try:
        forget(everything=True, settings=settings)
    finally:
        sys.setprofile(None)


def child_that_forgets(settings: Settings, steps: int) -> int:
    """Fork a process that forgets all runs until it kills itself; return its exit code."""
    process = multiprocessing.get_context("fork").Process(
        target=forget_until, args=(settings, steps)
    )
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_kill_at_any_step_leaves_nothing_broken(settings: Settings) -> None:
    killed, code = 0, -signal.SIGKILL
    while code != 0:
        save_run(settings, "a", np.full(1_000, 1))
        save_run(settings, "b", np.full(1_000, 1))
        code = child_that_forgets(settings, killed)
        assert code in (0, -signal.SIGKILL)
        with open_checkpoints(settings) as saver:
            runs = stored_runs(saver)
        for run in runs.values():  # what is still listed is still complete
            assert run.digests <= blobs(settings)
        forget(everything=True, settings=settings)
        assert threads(settings) == folders(settings) == blobs(settings) == set()
        assert not store_of(settings).given_up()
        killed += 1
    assert killed > 30
