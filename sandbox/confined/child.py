"""The program of the child process: runs one named function after another, within limits."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from sandbox.confined.limits import Limits, applied, resident_bytes
from sandbox.confined.messages import receive, send

IDLE_S = 300.0
"""A child without a call for this long ends; the next call starts another one."""
KEPT_BYTES = 512 << 20
"""A child that still has more memory than this after a call ends."""
MAX_MESSAGE_CHARS = 600
Result = tuple[Any, Sequence[bytes]]


def main(libraries: Sequence[str]) -> None:
    """Serve calls until the parent's end; ``libraries`` are imported before the first one."""
    requests, replies = _own_streams()
    _reset_signals()
    warnings.simplefilter("ignore")
    _import(libraries)
    while _wait(requests):
        try:
            header, parts = receive(requests, sys.maxsize)
        except EOFError:
            return
        with _ending_with_the_parent(requests):
            reply, results, is_over = _answer(header, parts)
            del parts
            if not is_over:
                is_over = _holds_much()
        send(replies, {**reply, "leaving": is_over}, results)
        if is_over:
            return


def _answer(header: dict[str, Any], parts: list[bytearray]) -> tuple[dict[str, Any], Any, bool]:
    """Run the function; return the reply, its parts, and whether this process must end."""
    try:
        function = _function(header["call"])
        _import(header["libraries"])
        before_s = time.process_time()
        with applied(Limits(*header["limits"])):
            value, results = function(header["args"], parts)
        return {"value": value, "cpu_s": time.process_time() - before_s}, results, False
    except MemoryError:
        return {"error": "memory", "message": ""}, (), True
    except BaseException as error:  # polars' panics aren't Exceptions
        text = f"{type(error).__name__}: {' '.join(str(error)[:10_000].split())}"
        is_over = not isinstance(error, Exception)
        return {"error": "failed", "message": text[:MAX_MESSAGE_CHARS]}, (), is_over


def _function(name: str) -> Callable[[Any, list[bytearray]], Result]:
    module, _, attribute = name.partition(":")
    found: Callable[[Any, list[bytearray]], Result] = getattr(
        importlib.import_module(module), attribute
    )
    return found


def _import(libraries: Sequence[str]) -> None:
    """Import what the next call needs, outside its limits."""
    for name in libraries:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take the standard streams; what a library prints goes nowhere."""
    streams = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    return streams


def _reset_signals() -> None:
    """Undo what an unusual parent may have passed on: blocked or ignored signals."""
    if sys.platform != "win32":
        wanted = {signal.SIGPROF, signal.SIGIO}
        for number in wanted:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)


def _wait(requests: BinaryIO) -> bool:
    """Wait for a request; False after a long time without one."""
    if sys.platform == "win32":
        return True
    return bool(select.select([requests], [], [], IDLE_S)[0])


@contextlib.contextmanager
def _ending_with_the_parent(requests: BinaryIO) -> Iterator[None]:
    """Let the kernel end this process when the parent closes the stream, whatever it computes.

    Not PR_SET_PDEATHSIG, which acts when the thread ends that started this process.
    """
    if sys.platform != "linux":
        yield  # there the end is seen after the call
        return
    import fcntl

    fd = requests.fileno()
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)  # SIGIO, which ends it
    try:
        yield
    finally:
        fcntl.fcntl(fd, fcntl.F_SETFL, flags)


def _holds_much() -> bool:
    """Free what the call left; say whether that is too little."""
    if resident_bytes() <= KEPT_BYTES // 2:
        return False
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes() > KEPT_BYTES
