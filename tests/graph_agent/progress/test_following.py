"""Following a run: its events are shown, an interrupt waits for the step, then it is stopped."""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from types import TracebackType
from typing import Self

import pytest

from graph_agent.errors import AgentError, RunStoppedError
from graph_agent.progress import following
from graph_agent.progress.following import follow, follow_async
from graph_agent.runs.events import Event, Finished, Started
from tests.graph_agent.results.test_answer_text import result

END = Finished(result({"answer": 1}))


class Seen:
    """A view that notes what it is shown."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.said: list[str] = []
        self.is_open = False
        self.is_shown, self.is_said = threading.Event(), threading.Event()
        self.has_ticked = asyncio.Event()

    def __enter__(self) -> Self:
        self.is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.is_open = False

    def show(self, event: Event) -> None:
        self.events.append(event)
        self.is_shown.set()

    def tick(self) -> None:
        self.has_ticked.set()

    def say(self, text: str) -> None:
        self.said.append(text)
        self.is_said.set()


class Run:
    """A run whose step ends when it is asked to drain, unless it is deaf; it is interrupted."""

    def __init__(self, view: Seen, *, deaf: bool = False, twice: bool = False) -> None:
        self.view, self.deaf, self.twice = view, deaf, twice
        self.drained, self.stopped = threading.Event(), threading.Event()

    def stream(self) -> Iterator[Event]:
        yield Started("t")
        self.view.is_shown.wait(30)  # the caller is waiting for the next event now
        _thread.interrupt_main()
        if self.twice:
            self.view.is_said.wait(30)
            _thread.interrupt_main()
        (self.stopped if self.deaf else self.drained).wait(30)
        raise RunStoppedError("stopped")

    def drain(self) -> None:
        self.drained.set()

    def stop(self) -> None:
        self.stopped.set()


class Ends(Run):
    """A run with these events."""

    def __init__(self, *events: Event) -> None:
        super().__init__(Seen())
        self.events = events

    def stream(self) -> Iterator[Event]:
        yield from self.events


def test_the_result_is_that_of_the_last_event() -> None:
    view = Seen()
    assert follow(Ends(Started("t"), END), view) is END.result
    assert (view.events, view.is_open) == ([Started("t"), END], False)


def test_a_stream_without_a_result_is_an_error() -> None:
    with pytest.raises(AgentError, match="without a result"):
        follow(Ends(Started("t")), Seen())


def test_an_interrupt_waits_for_the_step() -> None:
    view = Seen()
    run = Run(view)
    with pytest.raises(KeyboardInterrupt):
        follow(run, view, 60)
    assert run.drained.is_set()
    assert run.stopped.is_set()
    assert "interrupted" in view.said[0]


@pytest.mark.parametrize(("twice", "drain_s"), [(False, 0.0), (False, 0.1), (True, 60)])
def test_a_step_that_takes_too_long_a_second_interrupt_or_no_time_end_it(
    twice: bool, drain_s: float
) -> None:
    view = Seen()
    run = Run(view, deaf=True, twice=twice)
    with pytest.raises(KeyboardInterrupt):
        follow(run, view, drain_s)
    assert run.stopped.is_set()


async def test_in_an_event_loop_time_passes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "TICK_S", 0.01)
    view = Seen()

    async def stream() -> AsyncGenerator[Event, None]:
        yield Started("t")
        await view.has_ticked.wait()
        yield END

    assert await follow_async(stream(), view) is END.result
    assert not view.is_open


async def test_leaving_early_closes_the_stream() -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def stream() -> AsyncGenerator[Event, None]:
        try:
            begun.set()
            yield Started("t")
            await asyncio.sleep(60)
        finally:
            closed.set()

    task = asyncio.create_task(follow_async(stream(), Seen()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()
