"""The container's processes, as process 1 sees them."""

from __future__ import annotations

import contextlib
import os
import signal

OOM_COUNTERS = (
    "/sys/fs/cgroup/memory.events",  # cgroup v2
    "/sys/fs/cgroup/memory/memory.oom_control",  # cgroup v1
)


def poll(worker: int) -> int | None:
    """Reap all processes that ended; return the worker's status if it is one of them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == worker:
            return status
        if pid == 0:
            return None


def kill_the_rest() -> None:
    """Kill and reap every process the worker left behind, so that its pipes end."""
    if os.getpid() != 1:  # outside a container, -1 would be all of the user's processes
        return
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def signal_the_rest(worker: int, number: int) -> None:
    """Send a signal to all processes but this one; outside a container, to the worker alone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1 if os.getpid() == 1 else worker, number)


def oom_kills() -> int:
    """Return how many processes the kernel has killed for want of memory."""
    for path in OOM_COUNTERS:
        try:
            with open(path) as counters:
                for line in counters:
                    name, _, value = line.partition(" ")
                    if name == "oom_kill":
                        return int(value)
        except (OSError, ValueError):
            continue
    return 0
