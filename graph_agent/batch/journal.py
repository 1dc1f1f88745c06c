"""What a batch leaves in its folder: how it was set up, and a line for each request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from graph_agent.batch.folder import RecordLines, read_record, replace_file
from graph_agent.batch.requests import BatchRequest
from graph_agent.errors import RequestError
from graph_agent.records import Record
from graph_agent.similar import hint_for_file

__all__ = ["Journal", "RequestResult", "Setup", "Unfinished", "UnfinishedKind"]

SETUP_FILE = "setup.json"
RESULTS_FILE = "results.jsonl"
UNFINISHED_FILE = "unfinished.jsonl"
SUMMARY_FILE = "summary.json"
UnfinishedKind = Literal["environment", "input", "waiting"]
"""Why there is no result: the model or the machine, the request's data, a missing approval."""


class Setup(Record):
    """How a batch was started; it can only be resumed the same way."""

    run: str
    """Part of its threads' ids."""
    version: str
    model: str
    max_attempts: int
    candidates: int
    state: str
    """Where its runs are saved."""
    requests: dict[str, str]
    """The id of each request, and the digest of what it asks."""

    def thread_of(self, request: BatchRequest) -> str:
        """Return the id of a request's thread."""
        return f"batch-{self.run}-{request.digest}"


class RequestResult(Record):
    """A request that ran to its end, solved or not.

    ``answer`` is the answer as JSON, None if JSON can't hold it; ``text`` is what ``run`` would
    print. ``folder`` is the name of the run's folder. ``execution`` is how the last program
    ended. ``problem`` says why a request isn't solved.
    """

    id: str
    success: bool
    text: str
    answer: Any = None
    problem: str = ""
    thread_id: str
    folder: str
    attempts: int = 0
    execution: str | None = None
    judged_by: str | None = None
    stopped_by: str | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_calls: int = 0
    seconds: float = 0.0
    """How long the graph's nodes worked, also before a resume."""
    cost: float | None = None


class Unfinished(Record):
    """A request without a result; resuming the batch continues it."""

    id: str
    kind: UnfinishedKind
    error: str
    """The class of the error; empty for a run that waits."""
    message: str
    thread_id: str


class Journal:
    """The files of one batch, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results = RecordLines(folder / RESULTS_FILE, RequestResult)
        self._unfinished = RecordLines(folder / UNFINISHED_FILE, Unfinished)

    def setup(self) -> Setup | None:
        """Read how the batch was started; None: it wasn't.

        Raises:
            RequestError: the file is unusable.
        """
        return read_record(self.folder / SETUP_FILE, Setup, "batch's set-up")

    def start(self, setup: Setup) -> None:
        """Write how the batch is started, and forget what an earlier start left unfinished.

        Raises:
            OutputError: the folder can't be written.
        """
        replace_file(self.folder / SETUP_FILE, setup.model_dump_json(indent=2) + "\n")
        self._unfinished.clear()

    def results(self) -> list[RequestResult]:
        """Read the results; a line that a kill cut off is removed.

        Raises:
            RequestError: the file has something else in it.
        """
        return self._results.read()

    def add(self, found: RequestResult | Unfinished) -> None:
        """Append what became of a request, and wait until it is on the disk.

        Raises:
            OutputError: the folder can't be written.
        """
        if isinstance(found, RequestResult):
            self._results.add(found)
        else:
            self._unfinished.add(found)

    def summarize(self, text: str) -> None:
        """Write the summary.

        Raises:
            OutputError: the folder can't be written.
        """
        replace_file(self.folder / SUMMARY_FILE, text)

    def check_resumable(self) -> None:
        """Check that the folder has a batch, or is there for one and empty.

        Raises:
            RequestError: it isn't; its name may be mistyped.
        """
        if self.setup() is not None:
            return
        if not self.folder.exists():
            raise RequestError(
                f"{str(self.folder)!r} does not exist; {hint_for_file(self.folder)}, or start a new"
                " batch there without --resume (resume=False)"
            )
        if any(not each.name.startswith(".") for each in self.folder.iterdir()):
            raise RequestError(
                f"{str(self.folder)!r} has no {SETUP_FILE}, so no batch to resume; name its folder"
                " with --out"
            )

    def resumed(self, setup: Setup) -> Setup:
        """Return the set-up that the folder's batch was started with, with the new requests.

        Raises:
            RequestError: it was started with other options, or with other requests.
        """
        before = self.setup()
        if before is None:
            return setup
        wanted, had = (each.model_dump() for each in (setup, before))
        names = ("model", "max_attempts", "candidates", "state")
        if different := [name for name in names if wanted[name] != had[name]]:
            told = ", ".join(f"{name} {had[name]!r}, not {wanted[name]!r}" for name in different)
            raise RequestError(
                f"the batch in {str(self.folder)!r} was started with {told}; resume it the same way"
            )
        changed = [
            id_ for id_, digest in before.requests.items() if setup.requests.get(id_) != digest
        ]
        if changed:
            raise RequestError(
                f"the batch in {str(self.folder)!r} was started with other requests:"
                f" {_listed(changed)} changed or missing; new ones may be added, and a changed one"
                " needs a new id"
            )
        return before.model_copy(update={"requests": setup.requests})

    def first(self, setup: Setup) -> Setup:
        """Check that the folder has no batch yet; return the set-up.

        Raises:
            RequestError: it has one.
        """
        if self.setup() is not None:
            raise RequestError(
                f"{str(self.folder)!r} has a batch already; continue it with --resume, or name"
                " another folder with --out"
            )
        return setup


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return ", ".join(map(repr, ids[:3])) + more
