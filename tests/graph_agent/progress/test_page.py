"""The page of a run in progress: its steps, and nothing hostile in it."""

from __future__ import annotations

from graph_agent.progress.page import ended_html, live_html, status_text
from graph_agent.progress.picture import Picture
from graph_agent.records import Analysis, ErrorRecord, ExecutionRecord, ValueReference
from graph_agent.runs.events import (
    Analyzed,
    CodeToken,
    Decided,
    Drawn,
    Event,
    Executed,
    Finished,
    Generated,
    Printed,
    Started,
)
from sandbox.records import Figure
from tests.graph_agent.results.test_answer_text import result
from tests.graph_agent.results.test_html import HOSTILE, PNG, Tags

VALUE = ValueReference(name="x", type="int", codec="json", sha256="0" * 64, summary=HOSTILE)
FAILED = ExecutionRecord(
    outcome="error",
    stdout=HOSTILE,
    error=ErrorRecord(name=HOSTILE, message=HOSTILE, traceback=HOSTILE),
    variables=[VALUE],
)
NO = Analysis(success=False, should_retry=True, explanation=HOSTILE)
EVENTS: list[Event] = [
    Started("t"),
    CodeToken(HOSTILE),
    Generated(1, HOSTILE, HOSTILE),
    Printed("stdout", HOSTILE),
    Executed(1, FAILED),
    Drawn(1, Figure(HOSTILE.encode(), "image/svg+xml", 1, 1)),
    Drawn(1, Figure(b"{}", f"text/html;{HOSTILE}", 1, 1)),
    Analyzed(1, NO),
    Decided("retry"),
    CodeToken(f"```{HOSTILE}\n{HOSTILE}"),
    Generated(2, "x = 1", None),
    Finished(result({"answer": HOSTILE})),
]


def test_nothing_hostile_reaches_the_page_at_any_step() -> None:
    picture = Picture(note=HOSTILE)
    for event in EVENTS:
        picture.add(event)
        for html in (live_html(picture), ended_html(picture)):
            page = Tags(html)
            assert not {"script", "img", "svg"} & page.tags
            assert not any(name.startswith("on") for name, _ in page.attributes)
            assert not {"\x1b", "\u202e"} & set(html)
        assert "\x1b" not in status_text(picture)


def test_earlier_attempts_are_folded_and_the_last_is_open() -> None:
    picture = Picture()
    for event in (*EVENTS[:9], Generated(2, "answer = 42", None), Drawn(2, PNG)):
        picture.add(event)
    html = live_html(picture)
    folded, _, last = html.rpartition("</details>")
    assert "Attempt 1 not solved" in folded
    assert "42" in last
    assert "data:image/png;base64," in last


def test_the_step_its_time_and_in_the_end_the_verdict() -> None:
    picture = Picture(clock=iter([0.0, 12.0]).__next__)
    assert status_text(picture) == "starting · 12 s"
    picture.add(Finished(result({"answer": 1})))
    assert status_text(picture).startswith("Solved after 1 attempt, judged by model")
