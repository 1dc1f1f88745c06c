"""Follow a run from another thread, so that its progress is shown and Ctrl-C is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable
from typing import Protocol

from graph_agent.errors import AgentError, RunStoppedError
from graph_agent.progress.places import View
from graph_agent.results.result import CodeGenerationResult
from graph_agent.runs.background import BackgroundEvents
from graph_agent.runs.events import Event, Finished

TICK_S = 0.5
DRAIN_S = 8.0
"""How long an interrupt waits for the current step; `docker stop` gives a program 10 s."""


class Followed(Protocol):
    """A run that can be stopped; :class:`~graph_agent.workflow.AgentWorkflow` describes it."""

    def stream(self) -> Iterable[Event]:
        """Run, and yield events."""

    def drain(self) -> None:
        """Ask the run to stop after its current step."""

    def stop(self) -> None:
        """Stop at once."""


def follow(run: Followed, view: View, drain_s: float = 0.0) -> CodeGenerationResult:
    """Show a run's events until it ends.

    An interrupt waits up to ``drain_s`` for the current step, so that an answer already paid
    for is kept. A second interrupt ends the run at once.

    Raises:
        KeyboardInterrupt: it was interrupted, and has stopped.
        AgentError, SandboxError: what ``stream`` raises.
    """
    with view:
        try:
            return _followed(run, view, drain_s)
        except KeyboardInterrupt:
            run.stop()
            raise


def _followed(run: Followed, view: View, drain_s: float) -> CodeGenerationResult:
    events = BackgroundEvents(run.stream())
    deadline: float | None = None
    while deadline is None or time.monotonic() < deadline:
        try:
            event = events.next(time.monotonic() + TICK_S)
            if event is not None:
                view.show(event)
            elif events.is_over:
                raise AgentError("the run ended without a result")
            else:
                view.tick()
            if isinstance(event, Finished):
                return event.result
        except RunStoppedError:
            break
        except KeyboardInterrupt:
            if deadline is not None or not drain_s:
                raise
            deadline = time.monotonic() + drain_s
            run.drain()
            view.say("interrupted: waiting for the current step to end; Ctrl-C again stops at once")
    raise KeyboardInterrupt


async def follow_async(stream: AsyncGenerator[Event, None], view: View) -> CodeGenerationResult:
    """Show a run's events until it ends, without blocking the event loop.

    Leaving early, as a cancelled task does, stops the run.
    """
    with view:
        ticking = asyncio.create_task(_tick(view))
        try:
            async with contextlib.aclosing(stream) as events:
                async for event in events:
                    view.show(event)
                    if isinstance(event, Finished):
                        return event.result
        finally:
            ticking.cancel()
    raise AgentError("the run ended without a result")


async def _tick(view: View) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        view.tick()
