"""Runs whose reader leaves are stopped, unless another thread reads on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from graph_agent.left_streams import reading


class Run:
    """Counts how often it is stopped."""

    stopped = 0

    def leave(self) -> None:
        self.stopped += 1

    def events(self, count: int) -> Iterator[int]:
        numbers = iter(range(count))
        with reading(self, numbers) as current:
            for number in numbers:
                current.note()
                yield number


def test_only_a_stream_left_half_read_stops_its_run() -> None:
    run = Run()
    assert list(run.events(3)) == [0, 1, 2]
    assert run.stopped == 0
    events = run.events(3)
    next(events)
    del events
    assert run.stopped == 1


PROGRAM = """
import concurrent.futures, threading, time
from tests.graph_agent.test_left_streams import Run
class Known(Run):
    def __init__(self, name):
        self.name, self.left = name, threading.Event()
    def leave(self):
        print("stopped", self.name, flush=True)
        self.left.set()
main, other = Known("main"), Known("other")
events = main.events(3)
next(events)
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(main.left.wait, 600)
def read_on():
    for number in other.events(3):
        time.sleep(0.3)
    print("read", number, flush=True)
threading.Thread(target=read_on).start()
"""


def test_the_end_of_the_main_thread_stops_what_it_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[:2] == ["stopped main", "read 2"], done
