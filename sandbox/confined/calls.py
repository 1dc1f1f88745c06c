"""Calls to functions of ours in child processes, which are kept for the next call."""

from __future__ import annotations

import atexit
import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, cast

from sandbox.confined.limits import Limits
from sandbox.confined.messages import Part, receive, send
from sandbox.errors import ConfinedError

MAX_AT_ONCE = max(2, os.cpu_count() or 2)
"""Children that work at the same time: limits the memory of all of them."""
MAX_IDLE = 2
LIBRARIES = ("numpy", "pandas", "pyarrow.ipc")
"""What a child imports when it starts, because most values need it."""
REPLY_BYTES = 1 << 20
MAX_TRIES = 3
"""A child may have ended before a call: it had been idle for long, or the system needed memory."""
PIPE_BYTES = 1 << 20
_KEPT = ("PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "WINDIR")
_KEPT_PREFIXES = ("LC_", "PYTHON", "LD_", "DYLD_", "NUMBA_")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")


class Reply(NamedTuple):
    """What a function returned, JSON and bytes, and the processor time it took."""

    value: Any
    parts: list[bytearray]
    cpu_s: float


class EndedError(Exception):
    """The child had ended before it took the call."""


class Child:
    """A child process that waits for calls."""

    def __init__(self, libraries: Sequence[str]) -> None:
        """Start it; it imports ``libraries`` while the parent does something else."""
        from multiprocessing.spawn import get_executable

        self._process = subprocess.Popen(
            [get_executable(), "-P", "-c", _program(libraries)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in a terminal is for the parent
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)
        for stream in (self._requests, self._replies):
            _widen(stream)
        self.is_leaving = False
        """Whether it has said that it ends, because a call left too much behind."""
        self._is_late = False

    def call(
        self, header: dict[str, Any], parts: Sequence[Part], limits: Limits, max_reply_bytes: int
    ) -> tuple[dict[str, Any], list[bytearray]]:
        """Send one call and return the reply.

        Raises:
            ConfinedError: it reached a limit, or crashed.
            EndedError: it had ended before.
        """
        clock = threading.Timer(limits.wall_s, self._expire)
        clock.daemon = True
        with contextlib.suppress(RuntimeError):  # an exiting interpreter starts no threads
            clock.start()
        try:
            self._send(header, parts)
            reply, results = receive(self._replies, max_reply_bytes)
            self.is_leaving = bool(reply.get("leaving"))
            return reply, results
        except EndedError:
            raise
        except (OSError, EOFError):
            raise self._why_it_ended(limits) from None
        except ValueError as error:  # whatever took over the child sent this
            self.kill()
            raise ConfinedError("crashed", f"its reply was unusable: {error}") from None
        except BaseException:
            self.kill()
            raise
        finally:
            clock.cancel()

    def _send(self, header: dict[str, Any], parts: Sequence[Part]) -> None:
        try:
            send(self._requests, header, parts)
        except OSError:  # it can't have begun
            self.kill()
            raise EndedError from None

    def kill(self) -> None:
        """End it now."""
        self.end()
        self._close()

    def end(self) -> None:
        """End it while another thread may wait for its reply."""
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """Drop the copies of its streams in a forked process, whose child it isn't."""
        self._process.returncode = 0  # nothing to wait for
        self._close()

    def _close(self) -> None:
        for stream in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                stream.close()

    def _expire(self) -> None:
        self._is_late = True
        self._process.kill()

    def _why_it_ended(self, limits: Limits) -> ConfinedError | EndedError:
        self._close()  # if it isn't gone yet, this ends it
        code = self._process.wait()
        if code == 0:
            return EndedError()
        if self._is_late or -code in _time_signals():
            return ConfinedError("time", f"it takes more than {limits.cpu_s:.3g} s")
        most = f"{limits.memory_bytes >> 20} MiB"
        return ConfinedError(
            "memory", f"it takes more than {most} of memory, or crashes its reader"
        )


def _program(libraries: Sequence[str]) -> str:
    """Return the program's text; it finds modules where this process does."""
    path = [entry or os.getcwd() for entry in sys.path]  # noqa: PTH109  # as text
    return (
        f"import sys; sys.path[:] = {path!r}\n"
        f"from sandbox.confined.child import main; main({list(libraries)!r})"
    )


def _environment() -> dict[str, str]:
    """Return what a child needs; this process's keys and settings aren't among it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
    arenas = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    return {**kept, **dict.fromkeys(_ONE_THREAD, "1"), **arenas}


def _widen(stream: BinaryIO) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # the user's limit of pipe memory
            fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _time_signals() -> tuple[int, ...]:
    return () if sys.platform == "win32" else (signal.SIGPROF, signal.SIGXCPU)


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
