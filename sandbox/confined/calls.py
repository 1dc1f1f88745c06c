"""Calls to functions of ours in child processes that are kept for the next call."""

from __future__ import annotations

import atexit
import collections
import contextlib
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sandbox.confined.limits import Limits
from sandbox.confined.messages import Part
from sandbox.confined.process import Child, EndedError
from sandbox.errors import ConfinedError

MAX_AT_ONCE = max(2, os.cpu_count() or 2)
"""Children that work at the same time: limits the memory of all of them."""
MAX_IDLE = 2
LIBRARIES = ("numpy", "pandas", "pyarrow.ipc")
"""What a child imports when it starts, because most values need it."""
REPLY_BYTES = 1 << 20
MAX_TRIES = 3
"""A child may have ended before a call: it had been idle for long, or the system needed memory."""


class Reply(NamedTuple):
    """What a function returned, JSON and bytes, and the processor time it took."""

    value: Any
    parts: list[bytearray]
    cpu_s: float


class _Children:
    """The children of this process."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.idle: collections.deque[Child] = collections.deque()  # it needs no lock
        self.room = threading.BoundedSemaphore(MAX_AT_ONCE)
        self.all: weakref.WeakSet[Child] = weakref.WeakSet()
        self.is_warm = False

    def start(self) -> Child:
        child = Child(LIBRARIES)
        self.all.add(child)
        return child

    @contextlib.contextmanager
    def one(self) -> Iterator[Child]:
        """Lend a child; it is kept unless the block raises."""
        with self.room:
            try:
                child = self.idle.pop()
            except IndexError:
                child = self.start()
            yield child
            if not child.is_leaving and len(self.idle) < MAX_IDLE:
                self.idle.append(child)
            else:
                child.kill()

    def end(self) -> None:
        """End all, also those that a daemon thread still waits for."""
        for child in list(self.all):
            child.end()

    def start_first(self) -> None:
        with contextlib.suppress(OSError):
            self.idle.append(self.start())

    def forget(self) -> None:
        """Start over in a forked process, which has no children yet."""
        for child in list(self.all):
            child.forget()
        self.reset()  # the semaphore is a copy, too


_children = _Children()
atexit.register(_children.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_children.forget)


def call(
    function: str,
    args: Any,
    parts: Sequence[Part] = (),
    *,
    limits: Limits,
    libraries: Sequence[str] = (),
    max_reply_bytes: int = REPLY_BYTES,
) -> Reply:
    """Run ``function``, named as ``"module:name"``, in a child.

    It is called with ``args``, plain JSON, and the parts as bytearrays, and returns a pair of plain
    JSON and parts. ``libraries`` are imported before the limits count.

    Raises:
        ConfinedError: it reached a limit, raised an exception, or crashed.
    """
    header = {
        "call": function,
        "args": args,
        "limits": [limits.cpu_s, limits.memory_bytes, limits.file_bytes],
        "libraries": list(libraries),
    }
    for _ in range(MAX_TRIES):
        try:
            with _children.one() as child:
                reply, results = child.call(header, parts, limits, max_reply_bytes)
        except EndedError:
            continue
        return _checked(reply, results, limits)
    raise ConfinedError("crashed", "the process for it can't be started")


def warm_up() -> None:
    """Start a first child in the background, so that the next call needn't wait for its imports."""
    if not _children.is_warm:
        _children.is_warm = True
        with contextlib.suppress(RuntimeError):  # an exiting interpreter starts no threads
            threading.Thread(target=_children.start_first, daemon=True).start()


def _checked(reply: dict[str, Any], results: list[bytearray], limits: Limits) -> Reply:
    if "error" in reply:
        if reply["error"] == "memory":
            most = f"{limits.memory_bytes >> 20} MiB"
            raise ConfinedError("memory", f"it takes more than {most} of memory")
        raise ConfinedError("failed", str(reply.get("message")))
    return Reply(reply.get("value"), results, float(reply.get("cpu_s") or 0))
