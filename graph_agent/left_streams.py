"""Leaves runs whose stream was left half-read, by the program or with it.

LangGraph runs a node in a thread that the interpreter waits for at exit, so that the code of a
run nobody follows any more would keep the process alive until its time limit.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  # has a hook too, which must run after ours
import contextlib
import functools
import threading
import weakref
from collections.abc import Generator, Iterator
from typing import Any, Protocol


class _Leavable(Protocol):
    def leave(self) -> None: ...


class Reading:
    """A graph's chunks being read; ``note`` says that the current thread reads on."""

    def __init__(self, run: _Leavable, chunks: Iterator[Any]) -> None:
        """Start with the current thread as the reader."""
        self._run = run
        self._chunks = chunks
        self.note()

    def note(self) -> None:
        """Remember the current thread as the reader."""
        self._reader = threading.current_thread()

    def stop_if_left(self) -> None:
        """Leave the run if the main thread read it, which has ended, or a daemon thread."""
        if self._reader is threading.main_thread() or self._reader.daemon:
            self._run.leave()
            # LangGraph has a thread that waits for the next chunk; only closing wakes it.
            if isinstance(self._chunks, Generator):
                with contextlib.suppress(Exception):
                    self._chunks.close()


@contextlib.contextmanager
def reading(run: _Leavable, chunks: Iterator[Any]) -> Iterator[Reading]:
    """Leave ``run`` if its reader leaves: by closing the generator, or by ending the program."""
    current = Reading(run, chunks)
    _readings().add(current)
    try:
        yield current
    except GeneratorExit:
        run.leave()
        raise
    finally:
        _readings().discard(current)


@functools.cache
def _readings() -> weakref.WeakSet[Reading]:
    readings: weakref.WeakSet[Reading] = weakref.WeakSet()

    def stop_those_left() -> None:
        for current in list(readings):
            current.stop_if_left()

    # Not atexit: its functions are called after the threads have ended.
    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(stop_those_left)
    return readings
