"""Answers one request of a batch, in a thread of its own that a later start can continue."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.journal import RequestResult, Setup, Unfinished, UnfinishedKind
from graph_agent.batch.requests import BatchRequest
from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.batch.values import FileOptions, Values
from graph_agent.checkpoints import open_checkpoints, thread_exists
from graph_agent.config.settings import Settings
from graph_agent.config.stores import variable_store
from graph_agent.errors import ModelAnswerError, RequestError, RunStoppedError
from graph_agent.from_settings import client_from
from graph_agent.records import total_usage
from graph_agent.results.answer_text import answer_text
from graph_agent.results.result import CodeGenerationResult, result_from
from graph_agent.results.saving import save_result
from graph_agent.results.script.inputs import Payloads, encoded, from_container
from graph_agent.results.value_files import json_value
from graph_agent.runs.starts import PreparedRun
from graph_agent.runs.threads import state_of
from graph_agent.state import AgentOutput
from graph_agent.workflow import AgentWorkflow
from sandbox.errors import PayloadError, VariableError, VariableStoreError
from sandbox.protocol import Sandbox

__all__ = ["Answering", "unfinished"]

log = logging.getLogger(__name__)


class Answering:
    """Answers requests as a batch is set up; several threads may do so at once."""

    def __init__(
        self,
        setup: Setup,
        client: BaseChatModel | str | None,
        settings: Settings,
        sandbox: Sandbox,
        folder: Path,
        runs: ActiveRuns,
        files: FileOptions,
    ) -> None:
        self._setup = setup
        self._making_client = threading.Lock()
        self._client_of = functools.cache(lambda name: client_from(name or client, settings))
        self._settings = settings
        self._sandbox = sandbox
        self._folder = folder
        self._runs = runs
        self._files = files
        self._values = Values(files)
        self._store = variable_store(settings)

    def check(self, requests: Iterable[BatchRequest]) -> None:
        """Check that code can be run, and that each request's model can be asked.

        Raises:
            ModelSetupError: a model can't be used.
            SandboxUnavailableError: code can't be run here.
        """
        self._sandbox.check()
        for request in requests:
            self._client_for(request)

    def answer(self, request: BatchRequest) -> RequestResult | Unfinished:
        """Answer a request; a run that was cut off goes on where it was.

        What the machine, the model's server or the data is to blame for is no result.

        Raises:
            RunStoppedError: the runs were stopped.
        """
        thread_id = self._setup.thread_of(request)
        try:
            workflow, values = self._workflow(request, thread_id)
            result, problem = self._run(workflow)
            if result.waiting_for is not None:
                how = f"waits for approval; to answer: codegen-agent resume {thread_id}"
                return Unfinished(
                    id=request.id, kind="waiting", error="", message=how, thread_id=thread_id
                )
            save_result(
                result,
                self._folder / request.folder,
                self._settings,
                keep_formulas=self._files.keep_formulas,
                payloads=self._inputs(values),
            )
            return _result(request, result, problem)
        except RunStoppedError:
            raise
        except Exception as error:  # one request's trouble isn't the others'
            log.warning("request %r of a batch has no result: %r", request.id, error, exc_info=True)
            return unfinished(request, thread_id, error)

    def _run(self, workflow: AgentWorkflow) -> tuple[CodeGenerationResult, str]:
        """Run to the end; return the result, and why there is no answer of the model."""
        try:
            with self._runs.active(workflow):
                return workflow.run_sync(progress=False), ""
        except ModelAnswerError as error:
            thread_id = workflow.thread_id
            with open_checkpoints(self._settings) as saver:
                state = state_of(saver, thread_id)
            return result_from(cast("AgentOutput", state), self._store, thread_id), str(error)

    def _workflow(
        self, request: BatchRequest, thread_id: str
    ) -> tuple[AgentWorkflow, Mapping[str, Any] | None]:
        """Return the workflow, and its variables' values if this process has them."""
        client = self._client_for(request)
        options: dict[str, Any] = {"sandbox": self._sandbox, "settings": self._settings}
        if request.has_limits:  # then the run makes a sandbox of its own
            options = {"settings": request.limited(self._settings)}
        if thread_exists(self._settings, thread_id):
            return AgentWorkflow.resume(thread_id, client, **options), None
        if request.input is not None:
            start = PreparedRun(thread_id, request.input)
            return AgentWorkflow(start, client, **options), None
        asked = self._values.asked(request, self._setup)
        attempts = request.max_attempts or self._setup.max_attempts
        workflow = AgentWorkflow(asked, client, attempts, thread_id=thread_id, **options)
        return workflow, asked.user_variables

    def _client_for(self, request: BatchRequest) -> BaseChatModel:
        with self._making_client:  # otherwise two threads would make the same one
            return self._client_of(request.model)

    def _inputs(self, values: Mapping[str, Any] | None) -> Payloads:
        if values is not None:
            return encoded(values)
        return from_container(lambda: contextlib.nullcontext(self._sandbox), self._store)


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


def unfinished(request: BatchRequest, thread_id: str, error: Exception) -> Unfinished:
    """Say that an error kept a request from a result."""
    name = type(error).__name__
    return Unfinished(
        id=request.id,
        kind=_kind(error),
        error=name,
        message=str(error) or name,
        thread_id=thread_id,
    )


def _kind(error: Exception) -> UnfinishedKind:
    is_input = isinstance(error, (RequestError, VariableError))
    return "input" if is_input and not isinstance(error, VariableStoreError) else "environment"
