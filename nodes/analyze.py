"""analyze: deterministic findings first, then the model's judgement where it is fit for it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from graph_agent.context import AgentContext, budget_of
from graph_agent.errors import ModelAnswerError
from graph_agent.models import (
    ModelProfile,
    ModelReply,
    acall_for_json,
    call_for_json,
    profile_of,
    record_in,
)
from graph_agent.prompts import analysis_messages, pictures_of
from graph_agent.records import Analysis, Attempt, Finding, Json, Usage
from graph_agent.state import AgentState, add_usage, attempts_of, total_usage, with_last
from nodes.needs import Needs, caller
from nodes.rules import find

log = logging.getLogger(__name__)


class Judgement(BaseModel):
    """Your judgement of whether the code's result answers the request."""

    success: bool = Field(description="true only if the result answers the request correctly")
    should_retry: bool | None = Field(
        default=None, description="false if another attempt cannot help, or none is needed"
    )
    explanation: str | None = Field(
        default=None, description="what the result shows, in one to four sentences"
    )
    plan: str | None = Field(
        default=None, description="if it failed, what the next attempt should do"
    )


def analyze(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Judge the last attempt.

    Raises:
        ModelError: the judgement could not be had; the attempt is not spent.
    """
    question = _prepare(state, runtime, needs)
    if not isinstance(question, _Question):
        return question
    try:
        reply = needs.journal.ask(
            caller("analyze", runtime, config),
            question.profile.name,
            question.messages,
            lambda: call_for_json(
                question.model,
                question.messages,
                Judgement,
                tag="analyze",
                config=config,
                cache=needs.cache,
            )[1],
        )
        return question.answered(reply)
    except ModelAnswerError as error:
        return question.unanswered(error)


async def aanalyze(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Do as :func:`analyze` does, without blocking the event loop."""
    question = await asyncio.to_thread(_prepare, state, runtime, needs)
    if not isinstance(question, _Question):
        return question

    async def ask() -> ModelReply:
        _, reply = await acall_for_json(
            question.model,
            question.messages,
            Judgement,
            tag="analyze",
            config=config,
            cache=needs.cache,
        )
        return reply

    try:
        reply = await needs.journal.aask(
            caller("analyze", runtime, config), question.profile.name, question.messages, ask
        )
        return question.answered(reply)
    except ModelAnswerError as error:
        return question.unanswered(error)


@dataclass(frozen=True)
class _Question:
    """What is asked about the last attempt, and how the answer becomes its analysis."""

    state: AgentState
    attempts: list[Attempt]
    findings: list[Finding]
    model: BaseChatModel
    profile: ModelProfile
    messages: list[BaseMessage]
    started: float

    def answered(self, reply: ModelReply) -> Json:
        judgement = record_in(reply, Judgement, self.profile.name)
        return self._judged(by_model(judgement, self.findings), reply.usage)

    def unanswered(self, error: ModelAnswerError) -> Json:
        """Let the rules decide: an unreadable opinion of code that ran must not cost its result."""
        log.warning("the model's judgement was %s; the rules decide", error.kind)
        used = Usage(calls=1, input_tokens=error.input_tokens, output_tokens=error.output_tokens)
        return self._judged(by_rules(self.attempts[-1], self.findings), used)

    def _judged(self, analysis: Analysis, used: Usage) -> Json:
        return {
            "attempts": _updated(self.attempts, analysis),
            "usage": add_usage(self.state, "analyze", used),
            "spent_s": (self.state.get("spent_s") or 0.0) + time.monotonic() - self.started,
        }


def _prepare(state: AgentState, runtime: Runtime[AgentContext], needs: Needs) -> _Question | Json:
    """Make the question to the model; the finished update where there is none to ask."""
    started = time.monotonic()
    attempts = attempts_of(state)
    last = attempts[-1]
    findings = find(last, state)
    model = needs.model(runtime)
    profile = profile_of(model)
    if not needs_model(last, state) or not profile.judges:
        return {"attempts": _updated(attempts, by_rules(last, findings))}
    limit = budget_of(state, runtime.context).spent(total_usage(state), state.get("spent_s") or 0.0)
    if limit is not None:
        log.info("attempt %d: the limit on %s leaves no call to judge it", last.number, limit)
        return {"attempts": _updated(attempts, unasked(by_rules(last, findings), limit))}
    looks = profile.sees_images and (state.get("privacy") or "sample") == "sample"
    pictures = pictures_of(last.execution, needs.store) if looks and last.execution else None
    messages = analysis_messages(state, attempts, findings, pictures, profile=profile)
    return _Question(state, attempts, findings, model, profile, messages, started)


def needs_model(last: Attempt, state: AgentState) -> bool:
    """Whether the rules leave anything for the model to judge.

    The request's own checks decide alone when they ran; code that was never run
    has nothing to judge.
    """
    if last.execution is None:
        return False
    skipped = "checks" in (state.get("skip_rules") or ())
    checked = bool(state.get("checks")) and last.execution.outcome == "ok" and not skipped
    return not checked


def by_rules(last: Attempt, findings: list[Finding]) -> Analysis:
    """Judge without a model: anything decisive is a failure worth another attempt."""
    decisive = [one for one in findings if one.decisive]
    if not decisive:
        notes = " ".join(one.message for one in findings)
        return Analysis(
            success=True,
            should_retry=False,
            explanation=" ".join(filter(None, ["The code ran to its end.", notes])),
            findings=findings,
        )
    explanation = " ".join(one.message for one in decisive)
    return Analysis(
        success=False,
        should_retry=True,
        explanation=explanation,
        plan=_plan(last, decisive),
        findings=findings,
    )


def unasked(analysis: Analysis, limit: str) -> Analysis:
    """Say in an analysis by rules that a limit left no call to ask the model."""
    note = f"No model judged it: the limit on {limit} was reached."
    return analysis.model_copy(update={"explanation": f"{analysis.explanation} {note}"})


def by_model(judgement: Judgement, findings: list[Finding]) -> Analysis:
    """Take the model's judgement, but no success against a decisive finding."""
    decisive = [one for one in findings if one.decisive]
    explanation, plan = (judgement.explanation or "").strip(), (judgement.plan or "").strip()
    # Only an explicit false ends the loop: a terse answer leaves it out.
    should_retry = judgement.should_retry is not False
    if judgement.success and decisive:
        explanation = " ".join([explanation, *(one.message for one in decisive)])
        should_retry = True
        plan = plan or " ".join(one.message for one in decisive)
    success = judgement.success and not decisive
    return Analysis(
        success=success,
        should_retry=should_retry and not success,
        explanation=explanation,
        plan="" if success else plan,
        findings=findings,
    )


def _plan(last: Attempt, decisive: list[Finding]) -> str:
    error = None if last.execution is None else last.execution.error
    if error is not None and error.line is not None:
        return f"Change line {error.line} so that it no longer raises {error.name}."
    return f"Mend this: {decisive[0].message}"


def _updated(attempts: list[Attempt], analysis: Analysis) -> list[dict[str, Any]]:
    return with_last(attempts, attempts[-1].model_copy(update={"analysis": analysis}))
