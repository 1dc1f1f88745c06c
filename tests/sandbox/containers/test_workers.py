"""Threads whose work never blocks a finalizer, a waiting caller of their own, or the exit."""

from __future__ import annotations

import subprocess
import sys
import threading

from sandbox.containers.workers import Worker


def test_calls_run_in_order_and_failures_are_dropped() -> None:
    worker, done = Worker("test"), []
    assert not worker.is_started
    for number in range(3):
        assert worker.submit(lambda number=number: done.append(number))  # type: ignore[misc]
        assert worker.submit(lambda: 1 / 0)
    worker.finish()
    worker.join()
    assert done == [0, 1, 2]


def test_joining_ends_at_the_deadline_and_in_a_workers_own_thread() -> None:
    first, second, stay, results = Worker("one"), Worker("two"), threading.Event(), []
    first.submit(stay.wait)
    first.join(0.2)
    second.submit(lambda: results.append(first.join()))
    second.finish()
    second.join()
    assert results == [None]
    stay.set()


EXITING = """
import atexit, sys, threading, time
from sandbox.containers.workers import Worker, at_exit
workers = [Worker("slow"), Worker("quick")]
stay = threading.Event()
def end():
    workers[1].submit(lambda: print("ended", flush=True))
    return workers
at_exit(end)
at_exit(lambda: print("never") or [])()
workers[0].submit(lambda: stay.wait(600))
workers[1].submit(lambda: None)
class Late:
    def __del__(self):
        workers[0].join()
late = Late()
"""


def test_an_exiting_interpreter_waits_briefly() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXITING], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("ended\n", "")
