"""What each event shows on stderr."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from graph_agent.progress.terminal import Progress
from graph_agent.records import Analysis, ExecutionRecord, FigureReference, ValueReference
from graph_agent.runs.events import Analyzed, Decided, Event, Executed, Generated, Printed, Started

FIGURE = FigureReference(sha256="0" * 64, mime="image/png", width=9, height=9)
VALUE = ValueReference(name="x", type="int", codec="json", sha256="0" * 64, summary="x: int")


def lines(*events: Event) -> str:
    """Show events as on a stderr that is no terminal."""
    out = io.StringIO()
    with Progress(Console(file=out, width=200)) as progress:
        for event in events:
            progress.show(event)
        progress.say("[bold]text[/bold]")
    return out.getvalue()


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Started("t1"), "thread t1"),
        (Generated(1, "x = 1\nx", None), "attempt 1: 2 lines of code"),
        (Generated(1, "", "the answer held no code"), "attempt 1: the answer held no code"),
        (
            Executed(2, ExecutionRecord(outcome="ok", figures=[FIGURE], variables=[VALUE])),
            "attempt 2 ran: ok, 1 figure(s), variables x",
        ),
        (Executed(2, ExecutionRecord(outcome="timeout")), "attempt 2 ran: timeout\n"),
        (
            Analyzed(3, Analysis(success=True, should_retry=False, explanation="[link=x]\x1b[2J")),
            "attempt 3 solved: [link=x]\\x1b[2J",
        ),
        (
            Analyzed(3, Analysis(success=False, should_retry=True, explanation="No.")),
            "attempt 3 not solved: No.",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_finished_step_gets_a_line(event: Event, shown: str) -> None:
    assert shown in lines(event)


def test_output_and_decisions_only_change_the_status_line() -> None:
    assert lines(Printed("stdout", "[red]\x1b[2J\n"), Decided("retry")) == "[bold]text[/bold]\n"
