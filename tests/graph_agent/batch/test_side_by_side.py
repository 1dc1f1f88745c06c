"""Jobs side by side, and runs that are stopped together."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from functools import partial

import pytest

from graph_agent.batch.side_by_side import ActiveRuns, SideBySide
from graph_agent.errors import RunStoppedError


class Run:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def drain(self) -> None:
        self.told.append("drain")

    def stop(self) -> None:
        self.told.append("stop")


def test_jobs_are_done_in_parallel_up_to_the_limit() -> None:
    working, most, lock = 0, 0, threading.Lock()

    def job(number: int) -> int:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        time.sleep(0.05)
        with lock:
            working -= 1
        return number

    jobs = SideBySide([partial(job, number) for number in range(9)], 3)
    assert sorted(future.result() for future in jobs) == list(range(9))
    assert most == 3


def test_a_failure_comes_after_what_succeeded() -> None:
    both = threading.Barrier(2)

    def job(fails: bool) -> str:
        both.wait()
        if fails:
            raise ValueError("no")
        return "kept"

    jobs = SideBySide([partial(job, True), partial(job, False)], 2)
    time.sleep(0)
    seen = [future.exception() is None for future in jobs]
    assert sorted(seen) == [False, True]


def test_the_rest_starts_nothing_and_waits_no_longer_than_told() -> None:
    end, started = threading.Event(), list[str]()

    def job(name: str, waits: bool) -> str:
        started.append(name)
        if waits:
            end.wait(30)
        return name

    jobs = SideBySide([partial(job, name, name != "a") for name in "abcd"], 2)
    first = next(iter(jobs))
    assert first.result() == "a"
    begun = time.monotonic()
    assert list(jobs.rest(0.3)) == []
    assert 0.2 < time.monotonic() - begun < 5
    end.set()
    rest: list[Future[str]] = list(jobs.rest(30))
    assert {future.result() for future in rest} <= {"b", "c"}
    assert "d" not in started


def test_runs_are_stopped_together_and_no_other_begins() -> None:
    runs, first, second, late = ActiveRuns(), Run(), Run(), Run()
    with runs.active(first), runs.active(second):
        runs.drain()
        assert runs.stopped
        with pytest.raises(RunStoppedError), runs.active(late):
            pass
    runs.stop()
    assert (first.told, second.told, late.told) == (["drain"], ["drain"], [])
