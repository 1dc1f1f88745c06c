"""Where a run's progress can be shown from here: in a notebook, in a terminal, or nowhere."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Protocol, Self

from graph_agent.runs.events import Event


class View(Protocol):
    """Shows a run's events, from entering it to leaving it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Show one event."""

    def tick(self) -> None:
        """Show that time has passed."""

    def say(self, text: str) -> None:
        """Show a line."""


def view_here(*, with_status: bool = True) -> View | None:
    """Return what shows a run here; None: neither a notebook nor a terminal, or another thread.

    ``with_status``: a terminal also gets a line that changes, which input would disturb.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    if in_kernel():
        from graph_agent.progress.area import NotebookArea

        return NotebookArea()
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console

    from graph_agent.progress.terminal import Progress

    return Progress(Console(stderr=True), with_status=with_status)


def in_kernel() -> bool:
    """Whether a Jupyter kernel runs this code; IPython's terminal isn't one."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")
