"""Live progress on stderr: one line for the step under way, one for each that is done."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from graph_agent.events import (
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
from graph_agent.visible import visible

MAX_OUTPUT_CHARS = 200


class Progress:
    """Shows a run's events as they come."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = Status("starting", console=console)
        self._since = time.monotonic()
        self._lines = 0

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._status.stop()

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
                said = f": {problem}" if problem else f": {lines} lines of code"
                self._done(f"attempt {number}{said}", "the code runs in its container")
            case Printed(_, text):
                last = text.strip().splitlines()[-1:] or [""]
                self._status.update(f"the code runs: {_plain(last[0][:MAX_OUTPUT_CHARS])}")
            case Executed(number, execution):
                figures = f", {len(execution.figures)} figure(s)" if execution.figures else ""
                names = ", ".join(one.name for one in execution.variables)
                values = f", variables {names}" if names else ""
                said = f"{execution.outcome}{figures}{values}"
                self._done(f"attempt {number} ran: {said}", "the result is judged")
            case Drawn(_):
                pass  # counted with its run
            case Waiting(approval):
                self._done(f"attempt {approval.attempt} waits for you", "waiting")
            case Analyzed(number, analysis):
                verdict = "solved" if analysis.success else "not solved"
                self._done(f"attempt {number} {verdict}: {analysis.explanation}", "deciding")
            case Decided(decision):
                self._lines = 0
                self._status.update("the model writes code" if decision == "retry" else "finishing")
            case Finished(_):
                self._status.update("finishing")

    def say(self, text: str) -> None:
        """Print a line of other news."""
        self._console.print(_plain(text), highlight=False)

    def _done(self, line: str, next_step: str) -> None:
        now = time.monotonic()
        self._console.print(
            f"[dim]{now - self._since:6.1f} s[/dim]  {_plain(line)}", highlight=False
        )
        self._since = now
        self._status.update(next_step)


def _plain(text: str) -> str:
    """Take the meaning away from what rich would read as markup, and terminals as commands."""
    from rich.markup import escape

    return escape(visible(text))
