"""Steps that last."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from graph_agent.progress import lasting as module
from graph_agent.progress.lasting import Elapsed, lasting


def shown(monkeypatch: pytest.MonkeyPatch, taken_s: float, *, terminal: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=60)
    monkeypatch.setattr(Elapsed, "taken_s", taken_s)
    with lasting(console, "reading\nthe files"):
        pass
    return stream.getvalue()


def test_a_step_of_a_second_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 3.24) == "   3.2 s  reading the files\n"
    assert "3.2 s" in shown(monkeypatch, 3.24, terminal=True)


def test_a_short_step_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, 0.4) == ""


def test_the_line_grows_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Elapsed, "taken_s", 90.0)
    console = Console(file=io.StringIO(), width=20)
    assert console.render_lines(Elapsed("a step with a long name")) != []
    assert len(console.render_lines(Elapsed("a step with a long name"), pad=False)) == 1
