"""Reaping and killing, with real processes."""

from __future__ import annotations

import os
import time

from sandbox.runner.processes import kill_the_rest, oom_kills, poll


def test_the_workers_status_is_returned_once() -> None:
    worker = os.fork()
    if worker == 0:
        os._exit(3)
    deadline = time.monotonic() + 30
    while (status := poll(worker)) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert status is not None
    assert os.waitstatus_to_exitcode(status) == 3


def test_outside_a_container_nothing_is_killed() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    kill_the_rest()
    assert os.waitpid(child, os.WNOHANG) == (0, 0)
    os.kill(child, 9)
    os.waitpid(child, 0)


def test_kills_are_counted_from_zero() -> None:
    assert oom_kills() >= 0
