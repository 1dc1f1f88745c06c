"""Runs inside a container: what the kernel shows and what it refuses there.

Its source is sent as the code of a run, so it imports nothing but the standard library. On
the host, nothing here is called.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import platform
import resource
import socket
import stat
import time
from collections.abc import Callable
from typing import Any

SYSCALLS = {  # on x86-64 and on ARM
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "pivot_root": (155, 41),
    "setns": (308, 268),
    "unshare": (272, 97),
    "init_module": (175, 105),
    "kexec_load": (246, 104),
    "swapon": (167, 224),
    "sethostname": (170, 161),
    "settimeofday": (164, 170),
}
ARGUMENTS = {"unshare": (0x10000000, 0, 0), "userfaultfd": (1, 0, 0), "keyctl": (0, -3, 1)}
"""A new user namespace; faults of user space only; the session's keyring: what a user may ask."""
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
PLACES = (
    *("/", "/bin", "/dev", "/etc", "/home", "/job", "/opt", "/proc/sys/kernel", "/root", "/run"),
    *("/sys", "/sys/fs/cgroup", "/tmp", "/usr/bin", "/usr/lib", "/var/lib", "/var/tmp"),
    *("/dev/shm", "/dev/mqueue"),
)
FAMILIES = {
    "AF_VSOCK": socket.SOCK_STREAM,
    "AF_PACKET": socket.SOCK_RAW,
    "AF_ALG": socket.SOCK_SEQPACKET,
}
"""Kinds of sockets that no network namespace confines, or that reach deep into the kernel."""
BURN_S = 1.5


def look() -> dict[str, Any]:
    """Collect the facts; a fact that can't be had is the error's text.

    Raises:
        RuntimeError: for root, who could do harm with it, and whom no container of ours has.
    """
    if os.getuid() == 0:
        raise RuntimeError("this runs in a container only, and not as root")
    facts: dict[str, Any] = {}
    for name, find in FACTS.items():
        try:
            facts[name] = find()
        except Exception as error:
            facts[name] = f"{type(error).__name__}: {error}"
    return facts


def syscall(name: str) -> str:
    """Make a system call with harmless arguments; return the error's name, or "allowed"."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = SYSCALLS[name][platform.machine() == "aarch64"]
    done = libc.syscall(number, *ARGUMENTS.get(name, (0, 0, 0)), 0, 0, 0)
    if done != -1:
        return "allowed"
    code = ctypes.get_errno()
    return errno.errorcode[code] if code in REFUSED else f"allowed ({errno.errorcode[code]})"


def _refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "allowed"


def _status() -> dict[str, str]:
    with open("/proc/self/status") as lines:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _mounts() -> list[dict[str, Any]]:
    mounts = []
    with open("/proc/self/mountinfo") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            fields, kind = before.split(), after.split()
            options = fields[5].split(",")
            tags = [tag for tag in fields[6:] if tag.startswith("shared")]
            mounts.append(
                {"at": fields[4], "type": kind[0], "options": options, "shared": bool(tags)}
            )
    return mounts


def _writable() -> list[str]:
    found = []
    for place in PLACES:
        path = os.path.join(place, f"probe-{os.getpid()}")
        with contextlib.suppress(OSError):
            open(path, "x").close()
            os.unlink(path)
            found.append(place)
    return found


def _executable() -> list[str]:
    """List the places where a program that the code wrote can be started."""
    found = []
    for place in _writable():
        path = os.path.join(place, f"probe-{os.getpid()}")
        with contextlib.suppress(OSError):
            with open("/bin/true", "rb") as source, open(path, "xb") as copy:
                copy.write(source.read())
            os.chmod(path, 0o700)
            if os.spawnv(os.P_WAIT, path, [path]) == 0:
                found.append(place)
        with contextlib.suppress(OSError):
            os.unlink(path)
    return found


def _devices() -> dict[str, Any]:
    found = []
    for folder, _, names in os.walk("/dev"):
        for name in names:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
                found.append(path)
    node = os.path.join("/dev/shm", "node")
    made = _refusal(lambda: os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(8, 0)))
    return {"found": sorted(found), "mknod": made}


def _setuid_files() -> list[str]:
    found = []
    for top in ("/bin", "/sbin", "/usr", "/opt", "/lib", "/home"):
        for folder, _, names in os.walk(top):
            for name in names:
                mode = os.lstat(path := os.path.join(folder, name)).st_mode
                if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                    found.append(path)
    return found


def _process_1() -> dict[str, str]:
    return {
        "mem": _refusal(lambda: open("/proc/1/mem", "r+b")),
        "fd": _refusal(lambda: open("/proc/1/fd/1", "wb")),
        "environ": _refusal(lambda: open("/proc/1/environ", "rb")),
        "root": _refusal(lambda: os.listdir("/proc/1/root/")),
        "limits": _refusal(lambda: resource.prlimit(1, resource.RLIMIT_CORE, (0, 0))),
    }


def _network() -> dict[str, str]:
    reached = {"interfaces": ",".join(name for _, name in socket.if_nameindex())}
    for place, address in {"public": ("192.0.2.1", 80), "bridge": ("172.17.0.1", 22)}.items():
        reached[place] = _refusal(functools.partial(socket.create_connection, address, 1))
    reached["dns"] = _refusal(lambda: socket.getaddrinfo("example.com", 80))
    for name, kind in FAMILIES.items():
        family = getattr(socket, name, None)
        reached[name] = (
            "unknown" if family is None else _refusal(functools.partial(_open, family, kind))
        )
    return reached


def _open(family: int, kind: int) -> None:
    socket.socket(family, kind).close()


def _cpu_share() -> float:
    """Return how many cores this container's processes use when they want more."""
    started, children = time.monotonic(), []
    for _ in range((os.cpu_count() or 1) + 1):
        child = os.fork()
        if child == 0:
            while time.monotonic() < started + BURN_S:
                pass
            os._exit(0)
        children.append(child)
    used = [os.wait4(child, 0)[2] for child in children]
    return sum(use.ru_utime + use.ru_stime for use in used) / (time.monotonic() - started)


def _label() -> str:
    with open("/proc/self/attr/current") as label:
        return label.read().strip("\0\n ")


def _user_map() -> list[list[int]]:
    with open("/proc/self/uid_map") as lines:
        return [[int(number) for number in line.split()] for line in lines]


def _scratch() -> dict[str, int]:
    space = os.statvfs("/tmp")
    return {"bytes": space.f_blocks * space.f_frsize, "files": space.f_files}


FACTS: dict[str, Callable[[], Any]] = {
    "gvisor": lambda: os.path.exists("/proc/sentry-meminfo"),
    "status": _status,
    "ids": lambda: [*os.getresuid(), *os.getresgid(), *os.getgroups()],
    "network": _network,
    "mounts": _mounts,
    "writable": _writable,
    "executable": _executable,
    "devices": _devices,
    "setuid": _setuid_files,
    "process 1": _process_1,
    "processes": lambda: [name for name in os.listdir("/proc") if name.isdigit()],
    "host name": lambda: os.uname().nodename,
    "namespaces": lambda: {
        kind: os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "ipc", "uts", "net", "user")
    },
    "user map": _user_map,
    "label": _label,
    "syscalls": lambda: {name: syscall(name) for name in SYSCALLS},
    "limits": lambda: {
        name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
        for name in ("CORE", "FSIZE", "NOFILE")
    },
    "scratch": _scratch,
    "cpu share": _cpu_share,
}
