"""The limits of one call, and how the child puts them on itself."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

MIN_CPU_S = 0.05
"""An expired timer of zero seconds would be none."""
_PAGE_BYTES = 4096 if sys.platform == "win32" else os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use.

    ``cpu_s``: processor time of all threads. ``memory_bytes``: address space beyond what the child
    has when the call starts. ``file_bytes``: of each file it writes. The clock is a second limit,
    for a child that only waits. macOS doesn't enforce the memory limit, and Windows only the clock.
    """

    cpu_s: float
    memory_bytes: int
    file_bytes: int = 0

    @property
    def wall_s(self) -> float:
        """The time by the clock, generous because the machine may be busy."""
        return 20.0 + 6.0 * self.cpu_s


if sys.platform == "win32":

    @contextlib.contextmanager
    def applied(limits: Limits) -> Iterator[None]:  # noqa: ARG001  # the parent's clock is the limit
        """Limit nothing: Windows has no such limits."""
        yield

else:
    import resource

    @contextlib.contextmanager
    def applied(limits: Limits) -> Iterator[None]:
        """Put the limits on this process. It is killed at the time limit."""
        before = {
            kind: resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
        }
        wanted = {
            resource.RLIMIT_AS: address_space_bytes() + limits.memory_bytes,
            resource.RLIMIT_FSIZE: limits.file_bytes,
        }
        for kind, most in wanted.items():
            hard = before[kind][1]
            soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS refuses some
                resource.setrlimit(kind, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, max(MIN_CPU_S, limits.cpu_s))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            for kind, old in before.items():
                with contextlib.suppress(ValueError, OSError):
                    resource.setrlimit(kind, old)


def memory_pages() -> tuple[int, int]:
    """Return this process's address space and resident memory in pages; zeros if unknown."""
    try:
        with open("/proc/self/statm", "rb") as file:
            size, resident = file.read().split()[:2]
    except OSError:
        return 0, 0
    return int(size), int(resident)


def address_space_bytes() -> int:
    """Return the address space of this process; 0 if unknown."""
    return memory_pages()[0] * _PAGE_BYTES


def resident_bytes() -> int:
    """Return the resident memory of this process; 0 if unknown."""
    return memory_pages()[1] * _PAGE_BYTES
