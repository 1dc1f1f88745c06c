"""What each event shows on stderr."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from graph_agent.progress.terminal import Progress
from graph_agent.records import (
    Analysis,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    ValueReference,
)
from graph_agent.runs.events import (
    Analyzed,
    CodeToken,
    Decided,
    Event,
    Executed,
    Generated,
    Printed,
    Started,
)

FIGURE = FigureReference(sha256="0" * 64, mime="image/png", width=9, height=9)
ERROR = ErrorRecord(name="ZeroDivisionError", message="division by zero", traceback="")
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
            "attempt 2 ran: ok, 1 figure, variables x",
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


def screen(*events: Event, width: int = 60, colour: bool = True) -> str:
    """Show events as in a terminal; return all that was written to it."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        height=30,
        force_terminal=True,
        no_color=not colour,
        legacy_windows=False,
    )
    with Progress(console) as progress:
        for event in events:
            progress.show(event)
            progress._live.refresh()
    return out.getvalue()


ATTEMPT = (
    CodeToken("```python\nx = 1 /"),
    CodeToken(" 0  # \x1b[2J\n"),
    Generated(1, "x = 1 / 0", None),
    Executed(1, ExecutionRecord(outcome="error", error=ERROR)),
    Analyzed(1, Analysis(success=False, should_retry=True, explanation="It divides. " * 9)),
)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_in_a_terminal_an_attempt_folds_into_one_line() -> None:
    shown = screen(*ATTEMPT)
    assert "\x1b[2J" not in shown
    lines = [line.rpartition("\r")[2].rstrip() for line in plain(shown).split("\n")]
    folded = [line for line in lines if "attempt 1" in line]
    assert len(folded) == 1
    assert "attempt 1 failed: ZeroDivisionError: division" in folded[0]
    assert len(folded[0]) <= 60


def test_code_is_highlighted_while_it_is_written_unless_colours_are_unwanted() -> None:
    assert "x = 1 / 0  # \\x1b[2J" in plain(screen(*ATTEMPT[:2]))
    assert "```" not in screen(*ATTEMPT[:2])
    assert re.search(r"\x1b\[[0-9;]*3\dm", screen(*ATTEMPT[:2]))
    assert not re.search(r"\x1b\[[0-9;]*3\dm", screen(*ATTEMPT[:2], colour=False))


def test_a_long_line_stays_one_line_where_a_program_reads_it() -> None:
    out = io.StringIO()
    with Progress(Console(file=out, width=60)) as progress:
        progress.show(ATTEMPT[-1])
    assert out.getvalue().count("\n") == 1
