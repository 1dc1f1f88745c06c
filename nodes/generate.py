"""generate: ask the model for the code of the next attempt."""

from __future__ import annotations

import ast
import asyncio
import logging
import time
from dataclasses import dataclass
from typing import cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.errors import ModelAnswerError
from graph_agent.models import ModelProfile, ModelReply, acall_model, call_model, profile_of
from graph_agent.prompts import code_in, generation_messages, with_usual_imports
from graph_agent.records import Attempt, Json, Usage
from graph_agent.state import AgentState, add_usage, attempts_of
from nodes.intake import afresh
from nodes.needs import Needs, caller

log = logging.getLogger(__name__)


def generate(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Add an attempt with the model's code, and why it cannot be run if it cannot.

    Raises:
        ModelError: no answer could be had; the attempt is not spent.
        SandboxUnavailableError: nothing could be run, so nothing is asked.
        RequestError: the input is unusable.
    """
    question = _prepare(state, config, runtime, needs)
    try:
        reply = needs.journal.ask(
            caller("generate", runtime, config),
            question.profile.name,
            question.messages,
            lambda: call_model(
                question.model, question.messages, tag="generate", config=config, cache=needs.cache
            ),
        )
    except ModelAnswerError as error:
        return question.unanswered(error)
    return question.answered(reply)


async def agenerate(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Do as :func:`generate` does, without blocking the event loop."""
    question = await asyncio.to_thread(_prepare, state, config, runtime, needs)
    try:
        reply = await needs.journal.aask(
            caller("generate", runtime, config),
            question.profile.name,
            question.messages,
            lambda: acall_model(
                question.model, question.messages, tag="generate", config=config, cache=needs.cache
            ),
        )
    except ModelAnswerError as error:
        return question.unanswered(error)
    return question.answered(reply)


@dataclass(frozen=True)
class _Question:
    """What is asked, and how its answer becomes an attempt."""

    state: AgentState
    update: Json
    """What a fresh start puts into the state."""
    attempts: list[Attempt]
    model: BaseChatModel
    profile: ModelProfile
    messages: list[BaseMessage]
    started: float

    def answered(self, reply: ModelReply) -> Json:
        code = code_in(reply.text)
        if self.profile.worked_examples:
            code = with_usual_imports(
                code, (one["name"] for one in self.state.get("summaries") or [])
            )
        return self._attempt(code, problem_of(code, self.attempts), reply.usage)

    def unanswered(self, error: ModelAnswerError) -> Json:
        """Count a truncated or empty answer as an attempt without code."""
        if error.kind == "blocked":
            raise error
        log.warning("the model's answer was %s", error.kind)
        used = Usage(calls=1, input_tokens=error.input_tokens, output_tokens=error.output_tokens)
        return self._attempt("", f"the model's answer was {error.kind}", used)

    def _attempt(self, code: str, problem: str | None, used: Usage) -> Json:
        attempt = Attempt(number=len(self.attempts) + 1, code=code, problem=problem)
        log.info("attempt %d: %d characters of code", attempt.number, len(code))
        spent_s = (self.state.get("spent_s") or 0.0) + time.monotonic() - self.started
        return {
            **self.update,
            "attempts": [one.to_state() for one in [*self.attempts, attempt]],
            "usage": add_usage(self.state, "generate", used),
            "spent_s": spent_s,
            "decision": None,
        }


def _prepare(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], needs: Needs
) -> _Question:
    started = time.monotonic()
    update: Json = {}
    if state.get("decision") != "retry":
        needs.sandbox.check()
        update = afresh(state, config, runtime, needs)
        state = cast("AgentState", {**state, **update})
    attempts = attempts_of(state)
    # It comes up while the model thinks.
    needs.sandbox.prepare(thread=caller("generate", runtime, config).thread or "")
    model = needs.model(runtime)
    profile = profile_of(model)
    messages = generation_messages(state, attempts, profile, needs.sandbox.packages())
    return _Question(state, update, attempts, model, profile, messages, started)


def problem_of(code: str, attempts: list[Attempt]) -> str | None:
    """Say why code is not worth a container; None if it is."""
    if not code.strip():
        return "the answer held no code"
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        return f"the code does not parse: {getattr(error, 'msg', error)}{where}"
    if not tree.body:
        return "the code has no statement"
    for earlier in attempts:
        if not earlier.succeeded and _same(tree, earlier.code):
            return f"the code is that of attempt {earlier.number}, which failed"
    return None


def repeats(attempt: Attempt) -> bool:
    """Whether an attempt was not run because it repeats an earlier one."""
    return attempt.problem is not None and attempt.problem.startswith("the code is that of")


def _same(tree: ast.AST, other: str) -> bool:
    """Whether two programs differ in comments and layout at most."""
    try:
        return ast.dump(tree) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError):
        return False
