"""What an evaluation leaves in its folder: how it was set up, and a line per finished question."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from graph_agent.batch.folder import RecordLines, read_record, replace_file
from graph_agent.evaluation.suite import Question
from graph_agent.records import Record

__all__ = ["RESULTS_FILE", "SETUP_FILE", "Answered", "Journal", "Setup", "Tried", "Verdict"]

SETUP_FILE = "setup.json"
RESULTS_FILE = "results.jsonl"
Verdict = Literal["right", "silently wrong", "reported as failed"]
"""``silently wrong``: the agent says solved, the suite says no."""


class Setup(Record):
    """How an evaluation was started; it can only be resumed the same way."""

    run: str
    """Part of its threads' ids."""
    version: str
    suite: str
    questions: dict[str, str]
    """The id of each question, and the digest of what it asks."""
    model: str
    limit: int | None = None
    seed: int = 0
    candidates: int
    max_attempts: int
    checks: bool = False

    def thread_of(self, question: Question) -> str:
        """Return the id of a question's thread."""
        return f"eval-{self.run}-{question.digest}"


class Tried(Record):
    """An attempt, and whether the suite calls its answer right."""

    number: int
    outcome: str
    """How its execution ended, or why it wasn't run."""
    success: bool
    right: bool
    why: str = ""
    agreement: tuple[int, int] | None = None
    judged_by: str | None = None


class Answered(Record):
    """A finished question."""

    id: str
    digest: str
    category: str
    thread_id: str
    solved: bool
    """What the agent says."""
    attempts: list[Tried] = Field(default_factory=list)
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    """How long the graph's nodes worked, also before a resume."""
    cost: float | None = None
    stopped_by: str | None = None
    problem: str = ""
    """Why there is no answer at all."""

    @property
    def last(self) -> Tried | None:
        """The attempt whose answer counts."""
        return self.attempts[-1] if self.attempts else None

    @property
    def verdict(self) -> Verdict:
        """What the agent says, compared with what the suite says."""
        if not self.solved:
            return "reported as failed"
        return "right" if self.last is not None and self.last.right else "silently wrong"


class Journal:
    """The results of one evaluation, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results = RecordLines(folder / RESULTS_FILE, Answered)

    def setup(self) -> Setup | None:
        """Read how the evaluation was started; None: it wasn't.

        Raises:
            RequestError: the file is unusable.
        """
        return read_record(self.folder / SETUP_FILE, Setup, "evaluation's set-up")

    def start(self, setup: Setup) -> None:
        """Write how the evaluation is started.

        Raises:
            OutputError: the folder can't be written.
        """
        self.write(SETUP_FILE, setup.model_dump_json(indent=2) + "\n")

    def answered(self) -> list[Answered]:
        """Read the finished questions; a line that a kill cut off is removed.

        Raises:
            RequestError: the file has something else in it.
        """
        return self._results.read()

    def add(self, answered: Answered) -> None:
        """Append a finished question, and wait until it is on the disk.

        Raises:
            OutputError: the folder can't be written.
        """
        self._results.add(answered)

    def write(self, name: str, text: str) -> Path:
        """Write a report into the folder.

        Raises:
            OutputError: the folder can't be written.
        """
        replace_file(self.folder / name, text)
        return self.folder / name
