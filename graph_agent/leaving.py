"""Leaves a node that is still working, so that nobody has to wait for a model's answer.

A call to a model can't be interrupted, and LangGraph waits for its nodes before a stream can be
closed or the program can end. So each node works in a daemon thread, and LangGraph's thread only
waits for it, or until the run is left. What was asked is still logged if its answer arrives
while the process lives.
"""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from contextlib import suppress
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl, Runtime

from graph_agent.langgraph_internals import parent_control

__all__ = ["LeavableControl", "in_daemon_thread", "leavable"]

_Result = TypeVar("_Result")


class LeavableControl(RunControl):
    """A run's control that can also leave a step; ``given``: the caller's own control."""

    def __init__(self, given: RunControl | None = None) -> None:
        super().__init__()
        self._given = given
        self._left: Future[None] = Future()

    @classmethod
    def of(cls, given: RunControl | None, config: RunnableConfig) -> LeavableControl:
        """Return the caller's control, or else a parent graph's, as one that can also leave."""
        given = given or parent_control(config)
        return given if isinstance(given, cls) else cls(given)

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
        with suppress(InvalidStateError):  # left before
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
