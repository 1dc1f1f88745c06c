"""Progress on stderr: a status line for the current step, and a line for each finished one."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

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
    Waiting,
)
from sandbox.terminal_text import one_line

MAX_OUTPUT_CHARS = 200


class Progress:
    """Shows a run's events as they arrive; ``with_status`` False: without the status line."""

    _a_status_is_shown = False
    """Two status lines in one terminal would overwrite each other."""

    def __init__(self, console: Console, *, with_status: bool = True) -> None:
        self._console = console
        self._wants_status = with_status
        self._has_status = False
        self._status = Status("starting", console=console)
        self._since = time.monotonic()
        self._lines = 0

    def __enter__(self) -> Self:
        if self._wants_status and not Progress._a_status_is_shown:
            Progress._a_status_is_shown = self._has_status = True
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._has_status:
            self._status.stop()
            Progress._a_status_is_shown = self._has_status = False

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Started(thread_id):
                self._done(f"thread {thread_id}", "the model writes code")
            case CodeToken(text):
                self._lines += text.count("\n")
                self._status.update(f"the model writes code: {self._lines} lines")
            case Generated(number, code, problem):
                lines = len(code.splitlines())
                result = problem or f"{lines} lines of code"
                self._done(f"attempt {number}: {result}", "the code runs in its container")
            case Printed(_, text):
                last = text.strip().splitlines()[-1:] or [""]
                self._status.update(_plain(f"the code runs: {last[0][:MAX_OUTPUT_CHARS]}"))
            case Executed(number, execution):
                figures = f", {len(execution.figures)} figure(s)" if execution.figures else ""
                names = ", ".join(value.name for value in execution.variables)
                values = f", variables {names}" if names else ""
                result = f"{execution.outcome}{figures}{values}"
                self._done(f"attempt {number} ran: {result}", "the result is judged")
            case Drawn(_):
                pass  # counted in Executed
            case Waiting(approval):
                self._done(f"attempt {approval.attempt} is waiting for you", "waiting")
            case Analyzed(number, analysis):
                verdict = "solved" if analysis.success else "not solved"
                self._done(f"attempt {number} {verdict}: {analysis.explanation}", "deciding")
            case Decided(decision):
                self._lines = 0
                self._status.update("the model writes code" if decision == "retry" else "finishing")
            case Finished(_):
                self._status.update("finishing")

    def tick(self) -> None:
        """Do nothing: the status line moves by itself."""

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(_plain(text))

    def _done(self, line: str, next_step: str) -> None:
        now = time.monotonic()
        taken = (f"{now - self._since:6.1f} s", "dim")
        self._console.print(Text.assemble(taken, "  ", _plain(line)))
        self._since = now
        self._status.update(next_step)


def _plain(text: str) -> Text:
    """Return a line without markup, so that its text can't style it or look like several lines."""
    return Text(one_line(text))
