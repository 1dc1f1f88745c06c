"""Measures how much memory and time a block takes of this process."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Used:
    """``grown_mb``: the highest resident memory over that at the start. ``cpu_s``: our own time."""

    grown_mb: float = 0
    cpu_s: float = 0
    wall_s: float = 0


@contextmanager
def used() -> Iterator[Used]:
    """Fill in what the block took when it ends."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the highest value
    start_mb, start_cpu, start = _mb("VmRSS"), time.process_time(), time.monotonic()
    found = Used()
    try:
        yield found
    finally:
        found.grown_mb = _mb("VmHWM") - start_mb
        found.cpu_s = time.process_time() - start_cpu
        found.wall_s = time.monotonic() - start


def _mb(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024
