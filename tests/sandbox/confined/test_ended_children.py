"""How a child's end is told apart, seen from its parent."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sandbox.confined.calls import Child, EndedError
from sandbox.confined.limits import Limits
from sandbox.errors import ConfinedError

JOBS = "tests.sandbox.confined.jobs"


def ask(child: Child, job: str, args: object, limits: Limits, max_bytes: int = 0) -> object:
    header = {
        "call": f"{JOBS}:{job}",
        "args": args,
        "limits": [limits.cpu_s, limits.memory_bytes, limits.file_bytes],
        "libraries": [],
    }
    return child.call(header, [], limits, max_bytes)[0]["value"]


@pytest.mark.parametrize("job", ["spin", "spin_inside_c"])
def test_processor_time_is_limited(job: str) -> None:
    child = Child([])
    with pytest.raises(ConfinedError) as raised:
        ask(child, job, "", Limits(0.3, 1 << 30))
    assert raised.value.cause == "time"


def test_the_clock_limits_a_child_that_waits() -> None:
    class Hasty(Limits):
        @property
        def wall_s(self) -> float:
            return 3.0

    with pytest.raises(ConfinedError) as raised:
        ask(Child([]), "sleep", 100, Hasty(1.0, 1 << 30))
    assert raised.value.cause == "time"


def test_a_crash_is_an_error_here() -> None:
    with pytest.raises(ConfinedError, match="crashes"):
        ask(Child([]), "crash", None, Limits(5.0, 1 << 30))


def test_a_child_that_ended_before_the_call() -> None:
    child = Child([])
    pid = ask(child, "pid", None, Limits(5.0, 1 << 30))
    assert isinstance(pid, int)
    child._requests.close()  # as after a long time without a call
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    child._requests = Path(os.devnull).open("wb", 0)  # noqa: SIM115  # the child closes it
    with pytest.raises(EndedError):
        ask(child, "pid", None, Limits(5.0, 1 << 30))


def test_an_interrupt_ends_the_child() -> None:
    child = Child([])
    pid = ask(child, "pid", None, Limits(5.0, 1 << 30))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            ask(child, "sleep", 100, Limits(5.0, 1 << 30))
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(pid)), 0)


def test_a_reply_over_its_limit_is_not_read() -> None:
    child = Child([])
    header = {"call": f"{JOBS}:echo", "args": 1, "limits": [5.0, 1 << 30, 0], "libraries": []}
    with pytest.raises(ConfinedError) as raised:
        child.call(header, [bytes(1000)], Limits(5.0, 1 << 30), 999)
    assert raised.value.cause == "crashed"
