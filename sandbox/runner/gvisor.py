"""What process 1 does itself under gVisor, whose kernel protects it less than Linux does.

gVisor lets any process of the same user send process 1 a signal, so process 1 is root and
the worker isn't. And if gVisor is set up without the host's cgroups, only process 1
enforces the memory limit.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator

PR_SET_DUMPABLE, PR_CAPBSET_DROP = 4, 24
LOOK_S = 0.05
"""Interval between memory checks: what is taken between two of them may exceed the limit."""


def become_user(number: int) -> None:
    """Turn this process from root into a user without capabilities, for good; 0: do nothing."""
    if number == 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    os.setgroups([number])
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)  # giving up the last root id drops all capabilities
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


@contextlib.contextmanager
def acting_as(number: int) -> Iterator[None]:
    """Create files and pipes as another user meanwhile; 0: as the current one."""
    if number == 0:
        yield
        return
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)


class MemoryWatch:
    """Checks the memory of all processes against a limit, if no cgroup enforces it."""

    def __init__(self, limit_bytes: int, proc: str = "/proc") -> None:
        """Find out whether checks are needed; with ``limit_bytes`` 0 they aren't.

        gVisor reports the cgroup's limit as the total memory, or else the host's memory.
        """
        self._limit_kib = limit_bytes >> 10
        self._proc = proc
        self._next_look = 0.0
        self.is_needed = bool(limit_bytes) and self._all() > self._limit_kib

    def is_over(self) -> bool:
        """Whether the processes exceed the limit; checks at most every ``LOOK_S``."""
        now = time.monotonic()
        if not self.is_needed or now < self._next_look:
            return False
        self._next_look = now + LOOK_S
        return self._taken() > self._limit_kib

    def _all(self) -> int:
        return self._read("meminfo").get("MemTotal", 0)

    def _taken(self) -> int:
        """Sum the memory of processes, of files in memory and of gVisor itself, in KiB."""
        facts = self._read("meminfo")
        own = self._read("sentry-meminfo").get("Sys", 0)
        return facts.get("AnonPages", 0) + facts.get("Shmem", 0) + own

    def _read(self, name: str) -> dict[str, int]:
        amounts = {}
        with contextlib.suppress(FileNotFoundError), open(f"{self._proc}/{name}") as lines:
            for line in lines:
                what, _, amount = line.partition(":")
                amounts[what] = int(amount.split()[0]) if amount.strip() else 0
        return amounts
