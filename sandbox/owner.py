"""Who a container, a volume or a folder belongs to, so that leftovers of the dead can go.

A process number alone would not do: engines and state folders may be shared by
machines and by containers, each with numbers of its own, and numbers come again.
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
    """One process: its machine, number, the machine's start and its own, as far as known."""

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
        """Read what :meth:`__str__` wrote; None if it is something else."""
        match = _TOKEN.fullmatch(token)
        return None if match is None else cls(match[1], int(match[2]), match[3], match[4])

    def __str__(self) -> str:
        return f"{self.host}.{self.pid}.{self.boot}.{self.started}"

    def is_gone(self) -> bool:
        """Whether the process has certainly ended; False for another machine's."""
        if self.host != _host():
            return False
        if self.boot != _boot() or not _exists(self.pid):
            return True
        now = _started(self.pid)
        return now is not None and self.started not in (now, _UNKNOWN)


@functools.cache
def _host() -> str:
    """Tell this machine, or container, from others that may share an engine or a disk."""
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


def _started(pid: int) -> str | None:
    """Read when a process started, clock ticks since boot; None where it cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may hold anything.
    return stat.rpartition(")")[2].split()[19]


if sys.platform == "win32":

    def _exists(pid: int) -> bool:
        import ctypes

        kernel = ctypes.windll.kernel32
        query_limited_information, still_active = 0x1000, 259
        handle = kernel.OpenProcess(query_limited_information, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active

else:

    def _exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
