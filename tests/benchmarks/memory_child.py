"""``python -m tests.benchmarks.memory_child WAY BYTES``: memory used to pass one frame.

Prints JSON: bytes added at the peak, on the host and in the container.
"""

from __future__ import annotations

import json
import pickle
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from tests.benchmarks.frames import frame_of
from tests.benchmarks.prepared import expect

Result = TypeVar("Result")
CODE = """\
import re
size = float(frame.to_numpy().sum())  # touches every byte
with open("/proc/self/status") as status:
    anonymous = 1024 * int(re.search(r"RssAnon:\\s+(\\d+)", status.read())[1])
"""


def main(way: str, size_bytes: int) -> None:
    """Measure one way."""
    print(json.dumps({"ours": ours, "in-band pickle": in_band}[way](size_bytes)))


def ours(size_bytes: int) -> dict[str, int]:
    """Store a frame and run code that reads all of it."""
    frame, _ = frame_of(size_bytes)
    with tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder:
        store = VariableStore(folder)
        with DockerSandbox(SandboxPolicy(memory="2g"), store=store) as sandbox:

            def run(given: pd.DataFrame) -> int:
                done = sandbox.run(CODE, {"frame": given}, returns=["anonymous", "size"])
                expect(done.ok and done.variables["size"] > 0)
                return int(done.variables["anonymous"])

            without = run(frame.head(1000))
            host, inside = added_at_peak(lambda: run(frame))
    return {"host": host, "container": inside - without}


def in_band(size_bytes: int) -> dict[str, int]:
    """Pickle a frame into bytes and load them."""
    frame, _ = frame_of(size_bytes)
    host, data = added_at_peak(lambda: pickle.dumps(frame, protocol=5))
    container, _ = added_at_peak(lambda: pickle.loads(data))
    return {"host": host, "container": container}


def added_at_peak(action: Callable[[], Result]) -> tuple[int, Result]:
    """Run an action; return how far the resident memory rose, and its result."""
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before = _status_bytes("VmRSS")
    result = action()
    return _status_bytes("VmHWM") - before, result


def _status_bytes(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found, name
    return 1024 * int(found[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
