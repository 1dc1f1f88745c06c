"""What is known of a run after its events."""

from __future__ import annotations

from graph_agent.progress.picture import MAX_TEXT_CHARS, Picture
from graph_agent.records import Analysis, ExecutionRecord
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

NO = Analysis(success=False, should_retry=True, explanation="No.")


def picture(*events: Event) -> Picture:
    shown = Picture()
    for event in events:
        shown.add(event)
    return shown


def test_the_code_is_seen_while_it_is_written_without_what_surrounds_it() -> None:
    shown = picture(
        Started("t"), CodeToken("Here:\n``"), CodeToken("`python\nx = "), CodeToken("1")
    )
    assert shown.being_written == "x = 1"
    shown.add(CodeToken("\n```\nThat's it."))
    assert shown.being_written == "x = 1\n"
    shown.add(Generated(1, "x = 1", None))
    assert (shown.being_written, shown.rounds[0].code) == ("", "x = 1")


def test_each_attempt_keeps_what_became_of_it() -> None:
    shown = picture(
        Started("t"),
        Generated(1, "1 / 0", None),
        Printed("stdout", "a"),
        Executed(1, ExecutionRecord(outcome="error", stdout="ab")),
        Analyzed(1, NO),
        Decided("retry"),
        Generated(2, "x", None),
    )
    first, second = shown.rounds
    assert (first.printed, first.analysis) == ("ab", NO)
    assert (second.code, second.execution) == ("x", None)
    assert shown.step == "the code runs in its container"


def test_an_attempt_that_began_in_an_earlier_process_is_shown_without_its_code() -> None:
    shown = picture(Started("t"), Printed("stdout", "a"))
    assert (shown.step, shown.rounds[0].printed) == ("the code runs in its container", "a")
    shown = picture(Executed(2, ExecutionRecord(outcome="ok")), Analyzed(2, NO))
    assert [(each.number, each.analysis) for each in shown.rounds] == [(2, NO)]


def test_endless_text_is_kept_short() -> None:
    shown = picture(Generated(1, "x", None), *[Printed("stdout", "x" * 9_000) for _ in range(9)])
    assert len(shown.rounds[0].printed) == MAX_TEXT_CHARS
    shown = picture(*[CodeToken("x" * 9_000) for _ in range(9)])
    assert len(shown.being_written) == MAX_TEXT_CHARS


def test_the_time_is_that_of_the_clock() -> None:
    times = iter([5.0, 8.0])
    assert Picture(clock=lambda: next(times)).elapsed_s == 3
