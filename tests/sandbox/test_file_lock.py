"""The lock between processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

from sandbox.file_lock import file_lock

HOLD = """
import sys, time
from pathlib import Path
from sandbox.file_lock import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_waits_and_is_notified(tmp_path: Path) -> None:
    path, order, waited = tmp_path / "folder" / "lock", [], threading.Event()

    def second() -> None:
        with file_lock(path, waited.set):
            order.append("second")

    with file_lock(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_free_lock_needs_no_waiting(tmp_path: Path) -> None:
    waited: list[bool] = []
    for _ in range(2):
        with file_lock(tmp_path / "lock", lambda: waited.append(True)):
            pass
    assert waited == []


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    started = time.monotonic()
    with file_lock(tmp_path / "lock"):
        assert time.monotonic() - started < 10
