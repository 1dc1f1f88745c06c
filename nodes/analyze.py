"""analyze: apply the rules first, then ask the model for its judgement if it is capable enough."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import cast

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext, RunView
from graph_agent.errors import ModelAnswerError
from graph_agent.models import (
    ModelReply,
    Question,
    Steps,
    TaskRef,
    Work,
    ask,
    profile_of,
    record_in,
)
from graph_agent.models.thoughts import without_thought
from graph_agent.prompts.analysis import Judgement, analysis_messages, says_no
from graph_agent.prompts.pictures import pictures_of
from graph_agent.records import Analysis, Attempt, Finding, Json, JudgedBy, Usage
from graph_agent.state import AgentState
from nodes.candidates.voting import elected, with_agreement
from nodes.dependencies import Dependencies
from nodes.rules import apply_rules
from nodes.rules.repairs import repair_of

log = logging.getLogger(__name__)

AGAIN = (
    "That answer can't be read. Answer again with nothing but the JSON object: success,"
    " should_retry, explanation, plan."
)
_MAX_SAID_CHARS = 1_000


def analyze(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    *,
    dependencies: Dependencies,
) -> Steps[Json]:
    """Judge the last attempt.

    Raises:
        ModelError: there is no judgement; the attempt isn't spent.
    """
    asked: _Asked | Json = yield Work(lambda: _prepare(state, config, runtime, dependencies))
    if not isinstance(asked, _Asked):
        return asked
    task = TaskRef.of("analyze", runtime, config)
    while True:
        try:
            reply = yield from ask(asked.question, dependencies.calls, task)
            return asked.answered(reply)
        except ModelAnswerError as error:
            again = asked.asked_again(error)
            if again is None:
                return asked.without_answer(error)
            asked = again


@dataclass(frozen=True)
class _Asked:
    """The question about the last attempt, and how its answer becomes the analysis.

    ``used`` is the cost of an earlier answer that couldn't be read.
    """

    view: RunView
    findings: list[Finding]
    question: Question
    used: Usage | None = None

    def answered(self, reply: ModelReply) -> Json:
        judgement = record_in(reply, Judgement, self.question.profile.name)
        return self._judged(by_model(judgement, self.findings), reply.usage)

    def asked_again(self, error: ModelAnswerError) -> _Asked | None:
        """Return the question for the second time, once and if the budget leaves room for it."""
        if error.kind != "malformed" or says_no(_said(error)) or self.used is not None:
            return None
        used = _usage(error)
        if self.view.call_limit(used) is not None:
            return None
        log.warning("the model's judgement was malformed; it is asked once more")
        messages = [*self.question.messages, AIMessage(error.text), HumanMessage(AGAIN)]
        return replace(self, question=replace(self.question, messages=messages), used=used)

    def without_answer(self, error: ModelAnswerError) -> Json:
        """Let the rules decide: code that ran must not fail because of an unreadable judgement.

        A judgement that can't be read as a whole, but says no, is still a no.
        """
        said = _said(error)
        if says_no(said):
            log.warning("the model's judgement was %s, but says no", error.kind)
            judgement = Judgement(success=False, explanation=said[:_MAX_SAID_CHARS])
            return self._judged(by_model(judgement, self.findings), _usage(error))
        log.warning("the model's judgement was %s; the rules decide", error.kind)
        note = "The model's judgement couldn't be read."
        judged = _with_note(by_rules(self.view.last, self.findings), note)
        return self._judged(judged, _usage(error))

    def _judged(self, analysis: Analysis, used: Usage) -> Json:
        return {
            **_updated(self.view, analysis),
            "usage": self.view.add_usage("analyze", used, self.used),
            "spent_s": self.view.spent_now_s,
        }


def _said(error: ModelAnswerError) -> str:
    return without_thought(error.text).strip()


def _usage(error: ModelAnswerError) -> Usage:
    return Usage(calls=1, input_tokens=error.input_tokens, output_tokens=error.output_tokens)


def _prepare(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    dependencies: Dependencies,
) -> _Asked | Json:
    """Prepare the question to the model; return the finished update if the rules decide alone."""
    view = RunView(state, runtime.context)
    if view.last.others:
        state = cast("AgentState", {**state, "attempts": view.replace_last(elected(view.last))})
        view = RunView(state, runtime.context, view.entered_s)
    last = view.last
    findings = apply_rules(view)
    model = dependencies.client(view.context.model)
    profile = profile_of(model)
    is_open = needs_model(view)
    if not is_open or not profile.judges:
        # Checks that ran decide; code that didn't run has a decisive finding.
        has_checks = bool(view.state.get("checks")) and not is_open
        return _updated(view, by_rules(last, findings, checked=has_checks, state=state))
    limit = view.call_limit()
    if limit is not None:
        log.info("attempt %d: the limit on %s leaves no call to judge it", last.number, limit)
        return _updated(view, _without_call(by_rules(last, findings), limit))
    sees_figures = profile.sees_images and view.privacy == "sample" and last.execution
    pictures = pictures_of(last.execution, dependencies.store) if sees_figures else None
    messages = analysis_messages(state, view.attempts, findings, pictures, profile=profile)
    question = Question(model, profile, messages, "analyze", config, Judgement, attempt=last.number)
    return _Asked(view, findings, question)


def needs_model(view: RunView) -> bool:
    """Whether the rules leave anything for the model to judge.

    The request's own checks decide alone if they ran; code that was never run leaves
    nothing to judge.
    """
    execution = view.last.execution
    if execution is None:
        return False
    is_skipped = "checks" in (view.state.get("skip_rules") or ())
    return not view.state.get("checks") or execution.outcome != "ok" or is_skipped


def by_rules(
    last: Attempt,
    findings: list[Finding],
    *,
    checked: bool = False,
    state: AgentState | None = None,
) -> Analysis:
    """Judge without a model: a decisive finding is a failure worth another attempt.

    ``checked``: the request's checks ran. ``state``: the run's, for what the plan says.
    """
    decisive = [finding for finding in findings if finding.decisive]
    if not decisive:
        notes = (finding.message for finding in findings)
        return Analysis(
            success=True,
            should_retry=False,
            explanation=" ".join(filter(None, ["The code ran to its end.", *notes])),
            findings=findings,
            judged_by="checks" if checked else "nobody",
        )
    return Analysis(
        success=False,
        should_retry=True,
        explanation=_messages(decisive),
        plan=_plan(last, decisive, state or {}),
        findings=findings,
        judged_by=_decider(decisive),
    )


def _without_call(analysis: Analysis, limit: str) -> Analysis:
    return _with_note(analysis, f"No model judged it: the limit on {limit} was reached.")


def _with_note(analysis: Analysis, note: str) -> Analysis:
    return analysis.model_copy(update={"explanation": f"{analysis.explanation} {note}"})


def _decider(decisive: list[Finding]) -> JudgedBy:
    return "checks" if any(finding.rule == "checks" for finding in decisive) else "rules"


def by_model(judgement: Judgement, findings: list[Finding]) -> Analysis:
    """Use the model's judgement, but no success against a decisive finding."""
    decisive = [finding for finding in findings if finding.decisive]
    explanation, plan = (judgement.explanation or "").strip(), (judgement.plan or "").strip()
    # Only an explicit false ends the loop: short answers leave it out.
    should_retry = judgement.should_retry is not False
    if judgement.success and decisive:
        explanation = f"{explanation} {_messages(decisive)}"
        should_retry = True
        plan = plan or _messages(decisive)
    success = judgement.success and not decisive
    return Analysis(
        success=success,
        should_retry=should_retry and not success,
        explanation=explanation,
        plan="" if success else plan,
        findings=findings,
        judged_by=_decider(decisive) if judgement.success and decisive else "model",
    )


def _messages(findings: list[Finding]) -> str:
    return " ".join(finding.message for finding in findings)


def _plan(last: Attempt, decisive: list[Finding], state: AgentState) -> str:
    error = None if last.execution is None else last.execution.error
    if error is not None and error.line is not None:
        change = f"Change line {error.line} so that it no longer raises {error.name}."
        return f"{change} {repair_of(error, state)}".rstrip()
    return f"Fix this: {decisive[0].message}"


def _updated(view: RunView, analysis: Analysis) -> Json:
    if view.last.agreement is not None:
        analysis = with_agreement(view.last, view.last.agreement, analysis)
    return {"attempts": view.replace_last(view.last.model_copy(update={"analysis": analysis}))}
