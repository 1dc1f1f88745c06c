"""decide: retry, done, or give up."""

from __future__ import annotations

import logging
from typing import Literal, cast

from langgraph.runtime import Runtime

from graph_agent.chat.reply import reply_to
from graph_agent.context import NO_CONTEXT, AgentContext, RunView
from graph_agent.langgraph_internals import is_nested
from graph_agent.records import Attempt, Decision, Json
from graph_agent.state import AgentState
from nodes.dependencies import Dependencies

log = logging.getLogger(__name__)


def decide(
    state: AgentState,
    runtime: Runtime[AgentContext],
    *,
    dependencies: Dependencies | None = None,
) -> Json:
    """Choose what follows the last attempt, and put the result into the state.

    If a message asked, the run's answer is one too; ``dependencies`` has its values.
    """
    view = RunView(state, runtime.context)
    last = view.last
    decision = choose(last)
    stopped_by = view.attempt_limit() if decision == "retry" else None
    if stopped_by is not None:
        decision = "give_up"
    log.info("attempt %d: %s", last.number, decision)
    update = {
        "decision": decision,
        "success": last.succeeded,
        "code": with_request_header(state["request"], last.code),
        "stopped_by": stopped_by,
        "reason": reason_of(state, last, stopped_by),
        **(view.changed(view.limits) if view.context is not NO_CONTEXT else {}),  # by a resume
    }
    if dependencies is None or decision == "retry":
        return update
    return update | _reply(cast("AgentState", {**state, **update}), runtime, dependencies)


def _reply(state: AgentState, runtime: Runtime[AgentContext], dependencies: Dependencies) -> Json:
    """Answer the message that asked; the reply's id is the run's, so that no resume doubles it."""
    chat = state.get("chat") or {}
    reply_id = chat.get("reply")
    if reply_id is None:
        return {}
    nested = runtime.execution_info is not None and is_nested(runtime.execution_info.checkpoint_ns)
    reply = reply_to(state, reply_id, dependencies.store, is_nested=nested)
    is_last = all(message.id != reply_id for message in state["messages"])
    seen = reply_id if is_last else chat["seen"]
    return {"messages": [reply], "chat": {**chat, "seen": seen}}


def with_request_header(request: str, code: str) -> str:
    """Put the request above the code as a comment, line by line."""
    first, *rest = request.strip().splitlines() or [""]
    comment = "\n".join([f"# User request: {first}", *(f"# {line}".rstrip() for line in rest)])
    return f"{comment}\n{code.rstrip()}\n" if code else ""


def reason_of(state: AgentState, last: Attempt, stopped_by: str | None) -> str | None:
    """Say why a run has no success, also to a parent graph that keeps nothing else of it."""
    if last.succeeded:
        return None
    execution = last.execution
    error = None if execution is None else execution.error
    parts = [last.problem or (last.analysis.explanation if last.analysis else "")]
    if error is not None:
        parts = [f"{error.name}: {error.message}"]
    lacks_name = last.problem_kind == "undefined_name" or (error and error.name == "NameError")
    if lacks_name and not (state.get("variables") or {}).get("variables"):
        parts.append(
            "no variables were given; a parent graph needs `variables` and `summaries`"
            " in its state, as to_input() makes them"
        )
    if stopped_by is not None:
        parts.append(f"stopped by the limit on {stopped_by}")
    return "; ".join(part for part in parts if part) or "the last attempt was not judged a success"


def choose(last: Attempt) -> Decision:
    """Decide from the last attempt alone, limits aside."""
    if last.succeeded:
        return "done"
    is_repeat = last.problem_kind == "repeat"  # asked again, the model would answer the same
    is_hopeless = last.analysis is not None and not last.analysis.should_retry
    return "give_up" if is_repeat or is_hopeless else "retry"


def route_after_execute(state: AgentState) -> Literal["generate", "analyze"]:
    """Write another program if the answers don't agree yet."""
    return "generate" if state.get("decision") == "candidate" else "analyze"


async def aroute_after_execute(state: AgentState) -> Literal["generate", "analyze"]:
    """Do the same without a thread of its own."""
    return route_after_execute(state)


def route_after_decide(state: AgentState) -> Literal["generate", "__end__"]:
    """Start the next attempt only on ``retry``."""
    return "generate" if state.get("decision") == "retry" else "__end__"


async def aroute_after_decide(state: AgentState) -> Literal["generate", "__end__"]:
    """Do as :func:`route_after_decide` does, for ``ainvoke``."""
    return route_after_decide(state)
