"""One worker a thread, on both databases."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent import CheckpointError, ThreadError
from graph_agent.checkpoints import thread_lock
from graph_agent.settings import Settings

HOLDER = """
import sys, time
from graph_agent.checkpoints import thread_lock
from graph_agent.settings import load_settings
with thread_lock(load_settings(), sys.argv[1]):
    print("held", flush=True)
    time.sleep(300)
"""


@contextlib.contextmanager
def held_elsewhere(settings: Settings, thread: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold a thread's lock."""
    url = settings.checkpoints.get_secret_value() if settings.checkpoints else ""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, thread],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CODEGEN_AGENT_CHECKPOINTS": url},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_second_process_is_told_who_works(either: Settings) -> None:
    with (
        held_elsewhere(either, "t") as process,
        pytest.raises(ThreadError, match=rf"process {process.pid}\b.* the run 't'; wait"),
        thread_lock(either, "t"),
    ):
        pass


def test_another_thread_is_free(either: Settings) -> None:
    with held_elsewhere(either, "t"), thread_lock(either, "u"):
        pass


def test_a_killed_holder_leaves_no_lock(either: Settings) -> None:
    with held_elsewhere(either, "t") as process:
        process.kill()
        process.wait()
        deadline = time.monotonic() + 30
        while True:  # a server notices a moment later
            try:
                with thread_lock(either, "t"):
                    return
            except ThreadError:
                assert either.checkpoints is not None
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_two_in_one_process_exclude_each_other(either: Settings) -> None:
    told: list[str] = []

    def second() -> None:
        try:
            with thread_lock(either, "t"):
                told.append("nothing")
        except ThreadError as error:
            told.append(str(error))

    with thread_lock(either, "t"):
        second()
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert len(told) == 2
    assert all(one.startswith("this process is working on the run 't'") for one in told)
    with thread_lock(either, "t"):
        pass


def test_it_is_free_again_at_once(either: Settings) -> None:
    for _ in range(20):
        with thread_lock(either, "t"):
            pass


def test_it_may_be_released_in_another_thread(either: Settings) -> None:
    lock = thread_lock(either, "t")
    lock.__enter__()
    other = threading.Thread(target=lock.__exit__, args=(None, None, None))
    other.start()
    other.join()
    with thread_lock(either, "t"):
        pass


@pytest.mark.parametrize("thread", ["", "../../up", "a/b", "nul\0", "half \ud800", "x" * 5000, "ü"])
def test_any_id_has_a_lock_of_its_own(either: Settings, thread: str) -> None:
    with (
        thread_lock(either, thread),
        thread_lock(either, "other"),
        pytest.raises(ThreadError),
        thread_lock(either, thread),
    ):
        pass


def test_lock_files_are_private_and_do_not_pile_up(settings: Settings) -> None:
    folder = settings.state_dir / "locks"
    with thread_lock(settings, "t"):
        assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
        assert folder.stat().st_mode & 0o077 == 0
        with pytest.raises(ThreadError), thread_lock(settings, "t"):
            pass
        assert len(list(folder.iterdir())) == 1
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = settings.model_copy(update={"state_dir": tmp_path / "file" / "state"})
    with pytest.raises(CheckpointError, match="CODEGEN_AGENT_STATE"), thread_lock(nowhere, "t"):
        pass


def count_up(settings: Settings, counter: Path, times: int) -> None:
    """Add one, so that two at a time would lose some; as often as the lock is got."""
    done = 0
    while done < times:
        with contextlib.suppress(ThreadError), thread_lock(settings, "t"):
            counter.write_text(str(int(counter.read_text()) + 1))
            done += 1


def test_there_is_never_more_than_one_holder(settings: Settings, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=count_up, args=(settings, counter, 200)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert counter.read_text() == "800"
    assert not list((settings.state_dir / "locks").iterdir())
