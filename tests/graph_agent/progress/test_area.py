"""The area of a notebook: one display, updated in place, not too often."""

from __future__ import annotations

import pytest

from graph_agent.progress import area
from graph_agent.progress.area import NotebookArea
from graph_agent.runs.events import CodeToken, Finished, Generated, Started
from tests.graph_agent.results.test_answer_text import result


class Handle:
    """Notes what it is asked to display."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        assert not self.shown
        self.shown.append(bundle)

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    made = Handle()
    monkeypatch.setattr("IPython.display.DisplayHandle", lambda: made)
    return made


def test_steps_are_shown_at_once_and_pieces_of_text_together(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area, "MIN_PAUSE_S", 60)
    with NotebookArea() as shown:
        for _ in range(50):
            shown.show(CodeToken("x"))
        assert len(handle.shown) == 2
        shown.show(Started("t"))
        shown.show(Generated(1, "answer = 42", None))
        assert len(handle.shown) == 4
    assert "42" in handle.shown[-1]["text/html"]
    assert set(handle.shown[-1]) == {"text/plain", "text/html"}


def test_a_large_page_is_sent_less_often(handle: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area, "BYTES_PER_S", 1)
    with NotebookArea() as shown:
        for _ in range(9):
            shown.tick()
        assert len(handle.shown) == 2


def test_what_stays_is_the_verdict_or_something_else(handle: Handle) -> None:
    with NotebookArea() as shown:
        shown.show(Finished(result({"answer": 1})))
    assert handle.shown[-1]["text/plain"].startswith("Solved after 1 attempt")
    shown.end_with({"text/plain": "else"})
    assert handle.shown[-1] == {"text/plain": "else"}


def test_a_run_that_fails_is_stopped(handle: Handle) -> None:
    def run() -> None:
        with NotebookArea() as shown:
            shown.show(Started("t"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run()
    assert handle.shown[-1]["text/plain"].startswith("stopped")


def test_nothing_stays_of_a_run_that_could_not_be_started(handle: Handle) -> None:
    with pytest.raises(ValueError, match="no"), NotebookArea():
        raise ValueError("no")
    assert handle.shown[-1] == {"text/plain": ""}
