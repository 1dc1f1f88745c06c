"""Identifies the process that a container, a volume or a folder belongs to.

Used to remove what dead processes left behind. A process ID is not enough: machines and
containers that share an engine or a disk each have their own, and they are reused.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

OWNER_LABEL = "org.codegen-agent.owner"
_TOKEN = re.compile(r"([0-9a-f]{16})\.(\d+)\.([0-9a-f]{8}|x)\.(\d+|x)")
_UNKNOWN = "x"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its machine and ID, and when the machine and the process were started."""

    host: str
    pid: int
    boot: str
    started: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """Describe a process of this machine."""
        return cls(_host(), pid, _boot(), _started(pid) or _UNKNOWN)

    @classmethod
    def parse(cls, token: str) -> Self | None:
        """Read what :meth:`__str__` wrote; return None for anything else."""
        match = _TOKEN.fullmatch(token)
        return None if match is None else cls(match[1], int(match[2]), match[3], match[4])

    def __str__(self) -> str:
        return f"{self.host}.{self.pid}.{self.boot}.{self.started}"

    def is_gone(self) -> bool:
        """Whether the process has certainly ended; False for processes of other machines."""
        if self.host != _host():
            return False
        if self.boot != _boot() or not _exists(self.pid):
            return True
        now = _started(self.pid)
        return now is not None and self.started not in (now, _UNKNOWN)


@functools.cache
def _host() -> str:
    """Identify this machine or container among those that may share an engine or a disk."""
    parts = [platform.node()]
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            parts.append(Path(path).read_text(encoding="ascii").strip())
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@functools.cache
def _boot() -> str:
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return _UNKNOWN
    return hashlib.sha256(boot_id).hexdigest()[:8]


if sys.platform == "win32":
    import psutil

    def _exists(pid: int) -> bool:
        return psutil.pid_exists(pid)

    def _started(pid: int) -> str | None:
        """Read when a process started, milliseconds since the epoch; None if unknown."""
        try:
            return str(round(psutil.Process(pid).create_time() * 1000))
        except psutil.Error:
            return None

else:
    # Not psutil: it takes a living process for gone if /proc hides it (hidepid=2), and the
    # start times it returns change when the clock is set.

    def _exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def _started(pid: int) -> str | None:
        """Read when a process started, clock ticks since boot; None if unknown."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The process's name, in parentheses, may contain anything.
        return stat.rpartition(")")[2].split()[19]
