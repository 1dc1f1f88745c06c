"""analyze: deterministic findings first, then the model's judgement where it is fit for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel, Field

from graph_agent.errors import ModelAnswerError
from graph_agent.models import ModelReply, call_for_json, profile_of
from graph_agent.prompts import analysis_messages, pictures_of
from graph_agent.records import Analysis, Attempt, Finding
from graph_agent.state import AgentState, add_usage, attempts_of, with_last
from nodes.findings import find
from sandbox.store import VariableStore

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
    state: AgentState,
    config: RunnableConfig,
    *,
    client: Callable[[], BaseChatModel],
    store: VariableStore,
) -> dict[str, Any]:
    """Judge the last attempt.

    Raises:
        ModelError: the judgement could not be had; the attempt is not spent.
    """
    attempts = attempts_of(state)
    last = attempts[-1]
    findings = find(last, state)
    model = client()
    if not needs_model(last, state) or not profile_of(model).judges:
        analysis = by_rules(last, findings)
        return {"attempts": _updated(attempts, analysis)}
    profile, privacy = profile_of(model), state.get("privacy") or "sample"
    looks = profile.sees_images and privacy == "sample"
    pictures = pictures_of(last.execution, store) if looks else None
    messages = analysis_messages(state, attempts, findings, pictures, profile=profile)
    try:
        judgement, reply = call_for_json(model, messages, Judgement, tag="analyze", config=config)
        analysis = by_model(judgement, findings)
    except ModelAnswerError as error:
        # The code ran; an unreadable opinion of it must not cost the result.
        log.warning("the model's judgement was %s; the rules decide", error.kind)
        reply = ModelReply(text="", input_tokens=0, output_tokens=0, finish_reason=error.kind)
        analysis = by_rules(last, findings)
    return {
        "attempts": _updated(attempts, analysis),
        "usage": add_usage(state, "analyze", reply.input_tokens, reply.output_tokens),
    }


def needs_model(last: Attempt, state: AgentState) -> bool:
    """Whether the rules leave anything for the model to judge.

    The request's own checks decide alone when they ran; code that was never run
    has nothing to judge.
    """
    if last.execution is None:
        return False
    checked = bool(state.get("checks")) and last.execution.outcome == "ok"
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
