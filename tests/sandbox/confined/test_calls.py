"""Calls: children are kept, replaced, shared by threads, and don't keep a process from ending."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError

JOBS = "tests.sandbox.confined.jobs"
LIMITS = Limits(5.0, 512 << 20)


def pid() -> int:
    return int(call(f"{JOBS}:pid", None, limits=LIMITS).value)


def test_json_and_bytes_go_both_ways() -> None:
    reply = call(f"{JOBS}:echo", {"a": [1, None]}, [b"x", b""], limits=LIMITS)
    assert (reply.value, reply.parts) == ({"a": [1, None]}, [b"x", b""])


def test_a_child_is_kept_for_the_next_call() -> None:
    assert pid() == pid()


def test_a_child_that_reached_a_limit_is_replaced() -> None:
    before = pid()
    with pytest.raises(ConfinedError) as raised:
        call(f"{JOBS}:allocate", 1 << 30, limits=LIMITS)
    assert raised.value.cause == "memory"
    assert pid() != before


def test_an_exception_is_named_and_costs_no_child() -> None:
    before = pid()
    with pytest.raises(ConfinedError, match="LookupError: no such thing") as raised:
        call(f"{JOBS}:fail", "no such thing", limits=LIMITS)
    assert raised.value.cause == "failed"
    assert pid() == before


def test_a_child_cannot_write_more_than_it_may(tmp_path: Path) -> None:
    with pytest.raises(ConfinedError, match="File too large"):
        call(f"{JOBS}:write", [str(tmp_path / "a"), 10], limits=LIMITS)
    call(f"{JOBS}:write", [str(tmp_path / "a"), 10], limits=Limits(5.0, 512 << 20, 10))
    assert (tmp_path / "a").stat().st_size == 10


def test_threads_have_children_of_their_own() -> None:
    with ThreadPoolExecutor(4) as pool:
        values = list(pool.map(lambda n: call(f"{JOBS}:echo", n, limits=LIMITS).value, range(20)))
    assert values == list(range(20))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_its_own_child_and_leaves_ours_alone() -> None:
    ours = pid()
    out, into = os.pipe()
    if (forked := os.fork()) == 0:
        try:
            os.write(into, str(pid()).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as results:
        theirs = int(results.read())
    os.waitpid(forked, 0)
    assert theirs != ours
    assert pid() == ours


ENDINGS = {
    "just started": "warm_up()",
    "idle": f"call('{JOBS}:pid', None, limits=Limits(5.0, 1 << 30))",
    "busy in a thread": f"threading.Thread(target=call, args=('{JOBS}:sleep', 100),"
    " kwargs={'limits': Limits(50.0, 1 << 30)}, daemon=True).start()\nimport time; time.sleep(3)",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_waited_for_at_exit(ending: str) -> None:
    code = f"import sys, threading\nfrom sandbox.confined import *\n{ENDINGS[ending]}\n"
    code += "import time; print(time.time(), flush=True)"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert time.time() - float(done.stdout) < 3
    assert done.stderr == ""
