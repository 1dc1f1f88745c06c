"""What tests run in other processes, forked from one that has imported it."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from graph_agent import ThreadError
from graph_agent.checkpoints import open_checkpoints, thread_lock
from graph_agent.config.settings import Settings
from tests.graph_agent.checkpoints.saving import put

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", __name__, "graph_agent.runs.forgetting"])


def run_at_once(target: Callable[..., None], *argument_lists: tuple[Any, ...]) -> None:
    """Run a function in one process per argument list; all must succeed."""
    processes = [PROCESSES.Process(target=target, args=arguments) for arguments in argument_lists]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)


@contextlib.contextmanager
def lock_elsewhere(settings: Settings, thread: str) -> Iterator[ForkServerProcess]:
    """Let another process hold a thread's lock."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_hold, args=(settings, thread, theirs))
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield process
    finally:
        process.kill()
        process.join()
        ours.close()


def _hold(settings: Settings, thread: str, held: Connection) -> None:
    with thread_lock(settings, thread):
        held.send(True)
        time.sleep(300)


def count_up(settings: Settings, counter: Path, times: int) -> None:
    """Add one that often, holding a lock; without it, some additions would be lost."""
    done = 0
    while done < times:
        with contextlib.suppress(ThreadError), thread_lock(settings, "t"):
            counter.write_text(str(int(counter.read_text()) + 1))
            done += 1


def save_runs(settings: Settings, name: str, count: int = 1) -> None:
    """Save a checkpoint that often, opening the database for each."""
    for number in range(count):
        with open_checkpoints(settings) as saver:
            put(saver, f"{name}-{number}", request="x", attempts=[{}])
