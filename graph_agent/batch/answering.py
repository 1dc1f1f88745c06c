"""Answers one request of a batch, in a thread of its own that a later start can continue."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.journal import RequestResult, Setup, Unfinished, UnfinishedKind
from graph_agent.batch.requests import BatchRequest
from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.checkpoints import open_checkpoints, thread_exists
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelAnswerError, OutputError, RequestError, RunStoppedError
from graph_agent.files.reading import ReadOptions
from graph_agent.files.variable_files import read_variable_files
from graph_agent.models.sent import sent_messages
from graph_agent.records import total_usage
from graph_agent.results.answer_text import answer_text
from graph_agent.results.artifacts import save_run
from graph_agent.results.report import readable_report
from graph_agent.results.result import CodeGenerationResult, result_from
from graph_agent.results.value_files import json_value
from graph_agent.runs.threads import state_of
from graph_agent.state import AgentOutput
from graph_agent.workflow import AgentWorkflow
from sandbox import VariableStore
from sandbox.errors import PayloadError, VariableError, VariableStoreError
from sandbox.protocol import Sandbox

__all__ = ["Answering", "FileOptions"]

log = logging.getLogger(__name__)

KEPT_FILES = 4
"""How many files' values stay in memory: requests of a batch are often about the same ones."""


@dataclass(frozen=True)
class FileOptions:
    """How variables' files are read, and tables saved; see ``codegen-agent run --help``."""

    reading: ReadOptions = field(default_factory=ReadOptions)
    trust_pickle: bool = False
    keep_formulas: bool = False
    note: Callable[[str], object] = lambda line: None


class Answering:
    """Answers requests as a batch is set up; several threads may do so at once."""

    def __init__(
        self,
        setup: Setup,
        client: BaseChatModel,
        settings: Settings,
        sandbox: Sandbox,
        folder: Path,
        runs: ActiveRuns,
        files: FileOptions,
    ) -> None:
        self._setup = setup
        self._client = client
        self._settings = settings
        self._sandbox = sandbox
        self._folder = folder
        self._runs = runs
        self._files = files
        self._reading_lock = threading.Lock()
        self._read = functools.lru_cache(maxsize=KEPT_FILES)(self._read_anew)
        self._store = VariableStore(settings.state_dir / "variables")

    def answer(self, request: BatchRequest) -> RequestResult | Unfinished:
        """Answer a request; a run that was cut off goes on where it was.

        What the machine, the model's server or the data is to blame for is no result.

        Raises:
            RunStoppedError: the runs were stopped.
        """
        thread_id = self._setup.thread_of(request)
        try:
            result, problem = self._run(request, thread_id)
            if result.waiting_for is not None:
                how = f"waits for approval; to answer: codegen-agent resume {thread_id}"
                return _unfinished(request, thread_id, "waiting", "", how)
            self._save(request, result)
            return _result(request, result, problem)
        except RunStoppedError:
            raise
        except Exception as error:  # one request's trouble isn't the others'
            log.warning("request %r of a batch has no result: %r", request.id, error, exc_info=True)
            name = type(error).__name__
            return _unfinished(request, thread_id, _kind(error), name, str(error) or name)

    def _run(self, request: BatchRequest, thread_id: str) -> tuple[CodeGenerationResult, str]:
        """Run to the end; return the result, and why there is no answer of the model."""
        workflow = self._workflow(request, thread_id)
        try:
            with self._runs.active(workflow):
                return workflow.run_sync(progress=False), ""
        except ModelAnswerError as error:
            with open_checkpoints(self._settings) as saver:
                state = state_of(saver, thread_id)
            return result_from(cast("AgentOutput", state), self._store, thread_id), str(error)

    def _workflow(self, request: BatchRequest, thread_id: str) -> AgentWorkflow:
        options: dict[str, Any] = {"sandbox": self._sandbox, "settings": self._settings}
        if thread_exists(self._settings, thread_id):
            return AgentWorkflow.resume(thread_id, self._client, **options)
        asked = request.request
        if asked.candidates is None:
            asked = replace(asked, candidates=self._setup.candidates)
        if request.files:
            asked = asked.with_variables(self._values(request))
        attempts = request.max_attempts or self._setup.max_attempts
        return AgentWorkflow(asked, self._client, attempts, thread_id=thread_id, **options)

    def _values(self, request: BatchRequest) -> dict[str, Any]:
        return {name: self._value(name, Path(file)) for name, file in request.files.items()}

    def _value(self, name: str, file: Path) -> Any:
        """Read a file; one that hasn't changed is read once for several requests."""
        try:
            status = file.expanduser().stat()
        except (OSError, RuntimeError):
            return self._read_anew(name, file)  # which says what is wrong
        with self._reading_lock:  # otherwise each thread would read the same large file
            return self._read(name, file, (status.st_mtime_ns, status.st_size))

    def _read_anew(self, name: str, file: Path, _version: tuple[int, int] = (0, 0)) -> Any:
        files = self._files
        return read_variable_files(
            [f"{name}={file}"],
            trust_pickle=files.trust_pickle,
            options=files.reading,
            note=files.note,
        )[name]

    def _save(self, request: BatchRequest, result: CodeGenerationResult) -> None:
        folder = self._folder / request.folder
        try:
            save_run(
                result.output,
                self._store,
                folder,
                result.thread_id,
                keep_formulas=self._files.keep_formulas,
                report=readable_report(result, sent_messages(self._settings, result.thread_id)),
            )
        except OSError as error:
            raise OutputError(
                f"the run has ended, but its files cannot be written to {str(folder)!r}:"
                f" {error.strerror}; free some space and resume, which asks no model again"
            ) from error


def _result(request: BatchRequest, result: CodeGenerationResult, problem: str) -> RequestResult:
    state: Mapping[str, Any] = result.output  # it has more channels than its type
    used = total_usage(result.output)
    last = result.attempts[-1] if result.attempts else None
    ran = None if last is None else last.execution
    analysis = None if last is None else last.analysis
    text, answer = _answer(result)
    if not result.success:
        problem = problem or str(state.get("reason") or result.explanation or "no answer")
    return RequestResult(
        id=request.id,
        success=result.success,
        text=text if result.success else f"Not solved: {problem}",
        answer=answer if result.success else None,
        problem=problem,
        thread_id=result.thread_id,
        folder=request.folder,
        attempts=len(result.attempts),
        execution=None if ran is None else ran.outcome,
        judged_by=None if analysis is None else analysis.judged_by,
        stopped_by=result.stopped_by,
        **used.model_dump(),
        seconds=round(state.get("spent_s") or 0.0, 3),
        cost=result.cost,
    )


def _answer(result: CodeGenerationResult) -> tuple[str, Any]:
    """Return the answer as text and as JSON, as far as it can be read."""
    try:
        return answer_text(result), json_value(result.answer)
    except (PayloadError, VariableStoreError) as error:
        return f"Answer: not readable ({error})", None


def _unfinished(
    request: BatchRequest, thread_id: str, kind: UnfinishedKind, error: str, message: str
) -> Unfinished:
    return Unfinished(id=request.id, kind=kind, error=error, message=message, thread_id=thread_id)


def _kind(error: Exception) -> UnfinishedKind:
    is_input = isinstance(error, (RequestError, VariableError))
    return "input" if is_input and not isinstance(error, VariableStoreError) else "environment"
