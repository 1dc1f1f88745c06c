"""Asks one question of a suite through the whole graph, and judges each attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel

from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.checkpoints import thread_exists
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelAnswerError
from graph_agent.evaluation.journal import Answered, Setup, Tried
from graph_agent.evaluation.judging import judged, values_of
from graph_agent.evaluation.suite import Question
from graph_agent.records import Attempt, Usage, attempts_of, total_usage
from graph_agent.request import CodeGenerationRequest
from graph_agent.results.result import CodeGenerationResult
from graph_agent.workflow import AgentWorkflow
from sandbox.protocol import Sandbox

__all__ = ["Asking"]


@dataclass
class Asking:
    """Asks questions as an evaluation is set up; several threads may do so at once."""

    setup: Setup
    client_for: Callable[[Question], BaseChatModel]
    settings: Settings
    sandbox: Sandbox
    runs: ActiveRuns = field(default_factory=ActiveRuns)

    def ask(self, question: Question) -> Answered:
        """Answer and judge a question; a run that was cut off goes on where it was.

        Raises:
            ModelError: the model can't be reached.
            SandboxUnavailableError: the environment can't run anything.
            RunStoppedError: ``runs`` were stopped.
        """
        workflow = self._workflow(question)
        try:
            with self.runs.active(workflow):
                result = workflow.run_sync()
        except ModelAnswerError as error:
            return self._answered(question, solved=False, problem=str(error))
        return self._judged(question, result)

    def _workflow(self, question: Question) -> AgentWorkflow:
        thread_id = self.setup.thread_of(question)
        options: dict[str, Any] = {"sandbox": self.sandbox, "settings": self.settings}
        client = self.client_for(question)
        if thread_exists(self.settings, thread_id):
            return AgentWorkflow.resume(thread_id, client, **options)
        request = CodeGenerationRequest(
            question.request,
            values_of(question),
            checks=question.judge if self.setup.checks else None,
            returns=question.returns,
            budget=self.settings.prices_and({}),
            candidates=self.setup.candidates,
        )
        attempts = self.setup.max_attempts
        return AgentWorkflow(request, client, attempts, thread_id=thread_id, **options)

    def _judged(self, question: Question, result: CodeGenerationResult) -> Answered:
        attempts = attempts_of(result.output)
        used = total_usage(result.output)
        state: dict[str, Any] = {**result.output}  # it has more channels than its type
        return self._answered(
            question,
            solved=result.success,
            attempts=[self._tried(question, attempt) for attempt in attempts],
            usage=used,
            seconds=round(state.get("spent_s") or 0.0, 3),
            cost=result.cost,
            stopped_by=result.stopped_by,
        )

    def _answered(
        self, question: Question, *, usage: Usage | None = None, **fields: Any
    ) -> Answered:
        used = usage or Usage()
        return Answered(
            id=question.id,
            digest=question.digest,
            category=question.category,
            thread_id=self.setup.thread_of(question),
            calls=used.calls,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            **fields,
        )

    def _tried(self, question: Question, attempt: Attempt) -> Tried:
        execution, analysis = attempt.execution, attempt.analysis
        right, why = False, attempt.problem or "the code did not run to its end"
        if execution is not None and execution.outcome == "ok":
            verdict = judged(self.sandbox, question, attempt.code)
            right, why = verdict.right, verdict.why
        agreement = attempt.agreement
        return Tried(
            number=attempt.number,
            outcome=execution.outcome if execution else attempt.problem_kind or "not run",
            success=attempt.succeeded,
            right=right,
            why=why[:500],
            agreement=None if agreement is None else (agreement.agreeing, agreement.run),
            judged_by=None if analysis is None else analysis.judged_by,
        )
