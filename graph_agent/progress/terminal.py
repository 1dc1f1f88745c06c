"""Progress on stderr: what happens now, and a line for what is finished.

In a terminal the code is shown while it is written, and each attempt folds into one line. Where
nothing may move, each step gets a line.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.text import Text

from graph_agent.models.retry_waits import retry_text
from graph_agent.progress.lasting import Elapsed, seconds
from graph_agent.records import ExecutionRecord
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
    Retrying,
    Started,
    Waiting,
)
from sandbox.terminal_text import escape_control_chars, one_line

MAX_OUTPUT_CHARS = 200
CODE_LINES = 12
"""So many of the last lines of code are shown while it is written."""
MAX_CODE_CHARS = 20_000


class Progress:
    """Shows a run's events as they arrive; ``with_status`` False: without what moves."""

    _a_status_is_shown = False
    """Two moving areas in one terminal would overwrite each other."""

    def __init__(self, console: Console, *, with_status: bool = True) -> None:
        self._console = console
        self._wants_status = with_status
        self._has_status = False
        self._code, self._ran = "", ""
        self._now = Spinner("dots", Elapsed("starting"), style="status.spinner")
        self._live = Live(
            console=console,
            transient=True,
            refresh_per_second=8,
            get_renderable=self._shown,
            vertical_overflow="crop",
        )
        self._since_s = time.monotonic()

    def __enter__(self) -> Self:
        if self._wants_status and not Progress._a_status_is_shown and self._console.is_terminal:
            Progress._a_status_is_shown = self._has_status = True
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._has_status:
            self._code, self._has_status = "", False
            self._live.stop()
            Progress._a_status_is_shown = False

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Started(thread_id):
                self._done(f"thread {thread_id}", "the model writes code")
            case CodeToken(text):
                self._code = (self._code + text)[-MAX_CODE_CHARS:]
            case Retrying(reason, wait_s):
                self._code = ""  # of an answer that broke off
                line = retry_text(reason, wait_s)
                self._done(line, f"waiting: {reason}", whole=True)
            case Generated(number, code, problem):
                self._code = ""
                self._part(
                    f"attempt {number}: {problem or _lines_of(code)}",
                    problem or _lines_of(code),
                    "the code runs in its container",
                )
            case Printed(_, text):
                last = text.strip().splitlines()[-1:] or [""]
                self._next(f"the code runs: {last[0][:MAX_OUTPUT_CHARS]}", restart=False)
            case Executed(number, execution):
                ended = _ended(execution)
                self._part(f"attempt {number} {ended}", ended, "the result is judged")
            case Drawn(_):
                pass  # counted in Executed
            case Waiting(approval):
                self._done(f"attempt {approval.attempt} is waiting for you", "waiting")
            case Analyzed(number, analysis):
                verdict = "solved" if analysis.success else "not solved"
                ran = f" {self._ran};" if self._has_status and self._ran else ""
                self._done(f"attempt {number}{ran} {verdict}: {analysis.explanation}", "deciding")
            case Decided(decision):
                self._next("the model writes code" if decision == "retry" else "finishing")
            case Finished(_):
                self._next("finishing")

    def tick(self) -> None:
        """Do nothing: what moves does so by itself."""

    def say(self, text: str) -> None:
        """Print a line."""
        self._print(Text(one_line(text)))

    def _part(self, line: str, short: str, next_step: str) -> None:
        """Keep a part of an attempt for its line; print it where nothing moves."""
        self._ran = short
        if self._has_status:
            self._next(next_step)
        else:
            self._done(line, next_step)

    def _next(self, step: str, *, restart: bool = True) -> None:
        line = Elapsed(step)
        if not restart and isinstance(self._now.text, Elapsed):
            line = self._now.text.renamed(step)
        self._now.update(text=line)

    def _done(self, line: str, next_step: str, *, whole: bool = False) -> None:
        now_s = time.monotonic()
        self._print(seconds(now_s - self._since_s, line), whole)
        self._since_s = now_s
        self._next(next_step)

    def _print(self, line: Text, whole: bool = False) -> None:
        """Print one line: cut to the terminal's width unless all of it matters.

        Where a program reads it, it is one line, however long.
        """
        cut = self._console.is_terminal and not whole
        self._console.print(
            line,
            no_wrap=cut,
            overflow="ellipsis" if cut else None,
            soft_wrap=not self._console.is_terminal,
        )

    def _shown(self) -> RenderableType:
        """Return what moves: the end of the code that is being written, and the step."""
        lines = [line for line in self._code.splitlines() if not line.startswith("```")]
        if not lines:
            return self._now
        code = escape_control_chars("\n".join(lines[-CODE_LINES:]))
        return Group(
            Syntax(code, "python", theme="ansi_dark", background_color="default"), self._now
        )


def _lines_of(code: str) -> str:
    count = len(code.splitlines())
    return f"{count} line{'' if count == 1 else 's'} of code"


def _ended(execution: ExecutionRecord) -> str:
    """Say in a few words how the code ended, and what it left."""
    error = execution.error or execution.check_error
    if error is not None:
        return f"failed: {error.name}: {error.message}"
    count = len(execution.figures)
    names = ", ".join(value.name for value in execution.variables)
    parts = [
        f"ran: {execution.outcome}",
        f"{count} figure{'' if count == 1 else 's'}" if count else "",
        f"variables {names}" if names else "",
    ]
    return ", ".join(filter(None, parts))
