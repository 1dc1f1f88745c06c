"""One worker per thread, on both databases."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from graph_agent import CheckpointError, ThreadError
from graph_agent.checkpoints import thread_lock
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.other_processes import count_up, lock_elsewhere, run_at_once
from tests.postgres_server import PostgresServer


def test_the_error_names_the_process_that_holds_the_lock(either: Settings) -> None:
    with (
        lock_elsewhere(either, "t") as process,
        pytest.raises(ThreadError, match=rf"process {process.pid}\b.* the run 't'.*resume"),
        thread_lock(either, "t"),
    ):
        pass


def test_another_thread_is_free(either: Settings) -> None:
    with lock_elsewhere(either, "t"), thread_lock(either, "u"):
        pass


def test_a_killed_holder_leaves_no_lock(either: Settings) -> None:
    with lock_elsewhere(either, "t") as process:
        process.kill()
        process.join()
        deadline = time.monotonic() + 30
        while True:  # a server notices a moment later
            try:
                with thread_lock(either, "t"):
                    return
            except ThreadError:
                assert either.checkpoints is not None
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_two_holders_in_one_process_exclude_each_other(either: Settings) -> None:
    errors: list[str] = []

    def second() -> None:
        try:
            with thread_lock(either, "t"):
                errors.append("none")
        except ThreadError as error:
            errors.append(str(error))

    with thread_lock(either, "t"):
        second()
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert len(errors) == 2
    assert all(error.startswith("this process is working on the run 't'") for error in errors), (
        errors
    )
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
def test_any_id_has_its_own_lock(either: Settings, thread: str) -> None:
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


def test_an_error_of_the_locked_code_stays_what_it_is(either: Settings) -> None:
    with pytest.raises(OSError, match="^the code's own$"), thread_lock(either, "t"):
        raise OSError("the code's own")


def test_there_is_never_more_than_one_holder(settings: Settings, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    run_at_once(count_up, *[(settings, counter, 200)] * 4)
    assert counter.read_text() == "800"
    assert not list((settings.state_dir / "locks").iterdir())


def test_a_lock_whose_server_restarts_does_not_fail_the_run(
    on_postgres: Settings, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with thread_lock(on_postgres, "t"):
        postgres.stop()
        postgres.start()
    assert "broke before its release" in caplog.text
    with thread_lock(on_postgres, "t"):
        pass
