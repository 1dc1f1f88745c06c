"""Leaves a run that is still working, so that nobody has to wait for a model's answer.

A call to a model can't be interrupted, and LangGraph waits for its nodes before a stream can be
closed or the program can end. So each node works in a daemon thread, and LangGraph's thread only
waits for it, or until the run is left: by closing its stream, or by ending the program. What was
asked is still logged if its answer arrives while the process lives.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  # has a hook at exit too, which must run after ours
import contextlib
import contextvars
import functools
import threading
import weakref
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from typing import Any, Protocol, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl, Runtime

from graph_agent.langgraph_internals import is_checkpointed, parent_control

__all__ = ["LeavableControl", "in_daemon_thread", "leavable", "reading"]

_Result = TypeVar("_Result")


class LeavableControl(RunControl):
    """A run's control that can also leave a step; ``given``: the caller's own control.

    ``reader``: the only thread that has this control, and reads the run's stream.
    """

    def __init__(
        self, given: RunControl | None = None, reader: threading.Thread | None = None
    ) -> None:
        super().__init__()
        self._given = given
        self._reader = reader
        self._left: Future[None] = Future()

    @classmethod
    def of(cls, given: RunControl | None, config: RunnableConfig) -> LeavableControl:
        """Return the caller's control, or else a parent graph's, as one that can also leave."""
        given = given or parent_control(config)
        if given is None:
            return cls(reader=threading.current_thread())
        return given if isinstance(given, cls) else cls(given)

    @property
    def is_out_of_reach(self) -> bool:
        """Whether nobody can leave now: the thread that could is the one that works."""
        return self._reader is threading.current_thread()

    @property
    def drain_requested(self) -> bool:
        """Whether the run was asked to stop between two steps."""
        return self.drain_reason is not None

    @property
    def drain_reason(self) -> str | None:
        """Why it was asked to, by this control or the caller's."""
        return super().drain_reason or (None if self._given is None else self._given.drain_reason)

    def leave(self) -> None:
        """Stop at once: the steps that are working aren't waited for."""
        self.request_drain()
        with contextlib.suppress(InvalidStateError):  # left before
            self._left.set_result(None)

    def wait_for(self, work: Future[_Result]) -> _Result:
        """Return the result of work.

        Raises:
            GraphDrained: the run was left before.
        """
        either: tuple[Future[Any], ...] = (work, self._left)
        wait(either, return_when=FIRST_COMPLETED)
        if not work.done():
            raise GraphDrained("left")
        return work.result()


def leavable(
    node: Callable[..., Any], on_leave: Callable[[Runtime[Any]], object] = lambda _: None
) -> Callable[..., Any]:
    """Return a node that ends when its run is left, after a call of ``on_leave``."""

    @functools.wraps(node)
    def run(state: Any, config: Any, runtime: Runtime[Any]) -> Any:
        control = runtime.control
        if not isinstance(control, LeavableControl):
            return node(state, config, runtime)
        if control.is_out_of_reach and not is_checkpointed(config):  # no answer to be kept
            return node(state, config, runtime)
        try:
            return control.wait_for(in_daemon_thread(lambda: node(state, config, runtime)))
        except GraphDrained:
            on_leave(runtime)
            raise

    return run


def in_daemon_thread(work: Callable[[], _Result]) -> Future[_Result]:
    """Start work in a thread that the interpreter doesn't wait for, with this one's context."""
    future: Future[_Result] = Future()
    future.set_running_or_notify_cancel()  # a cancelled task only stops waiting for it
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="codegen-node", daemon=True).start()
    return future


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
