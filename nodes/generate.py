"""generate: ask the model for the code of the next attempt."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.errors import ModelAnswerError
from graph_agent.models import ModelReply, call_model, profile_of
from graph_agent.prompts import code_in, generation_messages, with_usual_imports
from graph_agent.records import Attempt
from graph_agent.state import AgentState, add_usage, attempts_of
from sandbox.protocol import Sandbox

log = logging.getLogger(__name__)


def generate(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[Any],
    *,
    client: Callable[[], BaseChatModel],
    sandbox: Sandbox,
) -> dict[str, Any]:
    """Add an attempt with the model's code, and why it cannot be run if it cannot.

    Raises:
        ModelError: no answer could be had; the attempt is not spent.
        SandboxUnavailableError: nothing could be run, so nothing is asked.
    """
    attempts = attempts_of(state)
    if not attempts:
        sandbox.check()
    info = runtime.execution_info
    sandbox.prepare(thread=(info and info.thread_id) or "")  # comes up while the model thinks
    model = client()
    profile = profile_of(model)
    messages = generation_messages(state, attempts, profile, sandbox.packages())
    reply, fault = _ask(model, messages, config)
    code = code_in(reply.text)
    if profile.worked_examples:
        code = with_usual_imports(code, (one["name"] for one in state.get("summaries") or []))
    number = len(attempts) + 1
    attempt = Attempt(number=number, code=code, problem=fault or problem_of(code, attempts))
    log.info("attempt %d: %d characters of code", number, len(code))
    return {
        "attempts": [one.to_state() for one in [*attempts, attempt]],
        "usage": add_usage(state, "generate", reply.input_tokens, reply.output_tokens),
        "decision": None,
    }


def _ask(
    model: BaseChatModel, messages: list[BaseMessage], config: RunnableConfig
) -> tuple[ModelReply, str | None]:
    """Call the model; a truncated or empty answer is an attempt without code, not an error."""
    try:
        return call_model(model, messages, tag="generate", config=config), None
    except ModelAnswerError as error:
        if error.kind == "blocked":
            raise
        log.warning("the model's answer was %s", error.kind)
        nothing = ModelReply(text="", input_tokens=0, output_tokens=0, finish_reason=error.kind)
        return nothing, f"the model's answer was {error.kind}"


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
