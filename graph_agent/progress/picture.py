"""What is known of a run so far, gathered from its events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from graph_agent.models.retry_waits import retry_text
from graph_agent.records import Analysis, ExecutionRecord
from graph_agent.results.result import CodeGenerationResult
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
from sandbox.records import Figure

MAX_TEXT_CHARS = 20_000
"""Of what the model writes and of what the code prints, the last characters."""
WRITES = "the model writes code"
RUNS = "the code runs in its container"


@dataclass
class Round:
    """One attempt, as far as it has come."""

    number: int
    code: str = ""
    problem: str | None = None
    printed: str = ""
    execution: ExecutionRecord | None = None
    figures: list[Figure] = field(default_factory=list)
    analysis: Analysis | None = None


@dataclass
class Picture:
    """A run: what it does now, since when, and its attempts.

    ``first_step``: what it does once it is started. ``note``: a line about it. ``clock`` counts
    seconds.
    """

    clock: Callable[[], float] = time.monotonic
    step: str = "starting"
    first_step: str = WRITES
    note: str = ""
    thread_id: str | None = None
    rounds: list[Round] = field(default_factory=list)
    result: CodeGenerationResult | None = None
    _written: str = ""
    _since: float = 0.0

    def __post_init__(self) -> None:
        self._since = self.clock()

    @property
    def elapsed_s(self) -> float:
        """The seconds since the run was started."""
        return self.clock() - self._since

    @property
    def being_written(self) -> str:
        """The code that the model is writing, without the text before its fence."""
        before, fence, rest = self._written.partition("```")
        if not fence:
            return before
        return rest.partition("\n")[2].partition("```")[0]

    def add(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Started(thread_id):
                self.thread_id, self.step = thread_id, self.first_step
            case CodeToken(text):
                self._written, self.step = _last(self._written + text), WRITES
            case Retrying(reason, wait_s):
                self.step, self._written = retry_text(reason, wait_s), ""
            case Generated(number, code, problem):
                self.rounds.append(Round(number, code, problem))
                self.step, self._written = RUNS, ""
            case Printed(_, text):
                attempt = self._running()
                attempt.printed = _last(attempt.printed + text)
            case Executed(number, execution):
                attempt = self._running(number)
                attempt.execution = execution
                attempt.printed = _last(execution.stdout + execution.stderr)
                self.step = "the result is judged"
            case Drawn(number, figure):
                self._running(number).figures.append(figure)
            case Analyzed(number, analysis):
                self._running(number).analysis, self.step = analysis, "deciding"
            case Decided(decision):
                self.step = WRITES if decision in ("retry", "candidate") else "finishing"
            case Waiting(approval):
                self.step = f"attempt {approval.attempt} waits for your approval"
            case Finished(result):
                self.result = result

    def _running(self, number: int = 1) -> Round:
        """Return the attempt that an event is about; its code is unknown if it began earlier."""
        if not self.rounds:
            self.rounds.append(Round(number))
            self.step = RUNS
        return self.rounds[-1]


def _last(text: str) -> str:
    return text[-MAX_TEXT_CHARS:]
