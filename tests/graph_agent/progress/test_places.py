"""Where progress is shown: in a terminal, in a notebook, and nowhere else."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any

import IPython
import pytest

from graph_agent.progress.area import NotebookArea
from graph_agent.progress.places import in_kernel, view_here
from graph_agent.progress.terminal import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Shell:
    """A shell of a kernel."""

    kernel = "one"


def test_neither_a_notebook_nor_a_terminal() -> None:
    assert not in_kernel()
    assert view_here() is None


def test_a_terminal_shows_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(view_here(), Progress)


@pytest.mark.parametrize(("shell", "expected"), [(Shell(), NotebookArea), (object(), type(None))])
def test_a_kernel_shows_an_area_and_ipythons_terminal_does_not(
    monkeypatch: pytest.MonkeyPatch, shell: Any, expected: type
) -> None:
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert isinstance(view_here(), expected)


def test_other_threads_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    views: list[object] = []
    thread = threading.Thread(target=lambda: views.append(view_here()))
    thread.start()
    thread.join()
    assert views == [None]
