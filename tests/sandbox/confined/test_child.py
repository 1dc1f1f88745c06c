"""A child as a process: what it runs, and how it ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError

JOBS = "tests.sandbox.confined.jobs"
LIMITS = Limits(5.0, 512 << 20)
KILLED = f"""
import os, sys, threading, time
from sandbox.confined import Limits, call
child = call("{JOBS}:pid", None, limits=Limits(5.0, 1 << 30)).value
print(child, flush=True)
if sys.argv[1]:
    threading.Thread(target=call, args=("{JOBS}:spin_inside_c", sys.argv[1]),
                     kwargs={{"limits": Limits(60.0, 1 << 30)}}, daemon=True).start()
time.sleep(100)
"""


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends after the call")
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in a long call"])
def test_it_ends_when_its_parent_is_killed(tmp_path: Path, busy: bool) -> None:
    mark = tmp_path / "begun"
    command = [sys.executable, "-c", KILLED, str(mark) if busy else ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        while busy and not mark.exists():
            time.sleep(0.02)
        assert not is_gone(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not is_gone(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_a_library_prints_goes_nowhere() -> None:
    with pytest.raises(ConfinedError) as raised:  # print returns no pair, and the channel is whole
        call("builtins:print", "x", limits=LIMITS)
    assert raised.value.cause == "failed"


def test_keys_of_this_process_are_not_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox.confined.calls import Child

    monkeypatch.setenv("GEMINI_API_KEY_FOR_CODEGEN_AGENT", "secret")
    child = Child([])
    header = {"call": f"{JOBS}:environment", "args": None, "limits": [5.0, 1 << 30, 0]}
    try:
        reply, _ = child.call({**header, "libraries": []}, [], LIMITS, 0)
    finally:
        child.kill()
    assert "PATH" in reply["value"]
    assert not any("KEY" in name for name in reply["value"])


def test_it_is_another_process_in_a_session_of_its_own() -> None:
    pid = call(f"{JOBS}:pid", None, limits=LIMITS).value
    assert pid != os.getpid()
    assert os.getsid(pid) == pid
