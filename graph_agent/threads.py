"""What is to be done on a thread: begin, go on, answer, or branch off from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from graph_agent.budget import Budget
from graph_agent.checkpoints import is_over
from graph_agent.context import AgentContext, budget_of
from graph_agent.errors import RequestError, ThreadError
from graph_agent.graph import Graph
from graph_agent.records import ApprovalRequest, Json
from graph_agent.state import AgentInput, AgentState, attempts_of
from nodes.approval import ApprovalAnswer
from nodes.decide import limit_reached


def config_of(thread_id: str) -> RunnableConfig:
    """Return the config that names a thread."""
    return {"configurable": {"thread_id": thread_id}}


def state_of(saver: BaseCheckpointSaver[Any], thread_id: str) -> AgentState:
    """Read a thread's last checkpoint; what a killed step wrote after it is not in it.

    Raises:
        ThreadError: there is no such thread.
    """
    saved = saver.get_tuple(config_of(thread_id))
    if saved is None:
        raise ThreadError(f"there is no run {thread_id!r}; `codegen-agent threads` lists them")
    values = saved.checkpoint["channel_values"]
    # Killed before its first step, a run's input is all there is, in a channel of its own.
    return cast("AgentState", {**values, **values.get("__start__", {})})


def what_is_over(state: AgentState, context: AgentContext) -> AgentState | None:
    """Return the state of a run that has nothing left to do under the limits that hold now.

    ``stopped_by`` is then the limit that still holds it; None: the run can go on.

    Raises:
        RequestError: a limit makes no sense.
    """
    budget = budget_of(state, context)
    if not is_over(state):
        return None
    if not state.get("stopped_by"):
        return state
    limit = limit_reached(state, budget)
    return None if limit is None else {**state, "stopped_by": limit}


def take_up(
    graph: Graph,
    config: RunnableConfig,
    state: AgentState,
    answer: ApprovalAnswer | None,
    context: AgentContext,
) -> Any:
    """Return what the graph is to be given so that a thread goes on from a ``state`` it left.

    Raises:
        RequestError: an answer, and nothing was asked.
    """
    if answer is not None:
        if not graph.get_state(config).interrupts:
            raise nothing_asked()
        return answered(answer)
    # Not the snapshot's values: those of a run killed in its very last step tell of the end
    # already, and it only needs to get there.
    if is_over(state):  # a limit ended it, and a higher one was given
        values = {"decision": "retry", "stopped_by": None, **_limits(state, context)}
        graph.update_state(config, values, as_node="decide")
    return None


def nothing_asked() -> RequestError:
    """Say that an answer was given for nothing."""
    return RequestError("nothing was asked on this run; resume it without an answer")


def answered(answer: ApprovalAnswer) -> Command[Any]:
    """Return what a graph that waits for a person is to be given."""
    return Command(resume=answer.model_dump())


def waiting_for(graph: Graph, config: RunnableConfig) -> ApprovalRequest | None:
    """Return what a person is asked on a thread, if it waits for one."""
    for one in graph.get_state(config).interrupts:
        if isinstance(one.value, dict) and one.value.get("kind") == "approval":
            return ApprovalRequest.model_validate(one.value)
    return None


@dataclass(frozen=True)
class Fork:
    """Another way on from an attempt of an earlier run: with other words, or another model.

    ``attempt`` 0 starts over; ``request_text`` None keeps the words.
    """

    thread_id: str
    attempt: int
    request_text: str | None = None

    def branch(
        self,
        saver: BaseCheckpointSaver[Any],
        graph: Graph,
        config: RunnableConfig,
        setup: Json,
        context: AgentContext,
    ) -> AgentInput | None:
        """Prepare the new thread and return what the graph is to be given.

        Raises:
            ThreadError: no such run.
            RequestError: it has no such attempt, or the limit leaves none to make.
            ThreadError: there is a run of the new thread's name.
        """
        state = state_of(saver, self.thread_id)
        attempts = attempts_of(state)
        if not 0 <= self.attempt <= len(attempts):
            raise RequestError(
                f"run {self.thread_id!r} has {len(attempts)} attempt(s); fork from one of them,"
                f" or from 0 to start over, not from {self.attempt}"
            )
        if graph.get_state(config).values:
            raise ThreadError("there is a run of that name already; give the fork another")
        given: dict[str, Any] = {
            name: state[name]  # type: ignore[literal-required]  # names of its keys
            for name in AgentInput.__annotations__
            if name in state
        }
        origin = {"thread_id": self.thread_id, "attempt": self.attempt}
        words = (self.request_text or "").strip()
        if words and words != state["request"]:
            given["request"], origin["request"] = words, state["request"]
        given |= {"setup": {**setup, "forked_from": origin}, "decision": None}
        if self.attempt == 0:
            return cast("AgentInput", given)
        given |= _limits(state, context)
        if context.max_attempts is None:
            given["max_attempts"] += self.attempt
        elif context.max_attempts <= self.attempt:
            raise RequestError(
                f"{self.attempt} attempt(s) are kept and the limit is {context.max_attempts};"
                " give a higher one, kept attempts included"
            )
        kept = [one.to_state() for one in attempts[: self.attempt]]
        fresh: Mapping[str, Any] = {"usage": {}, "spent_s": 0.0, "success": False, "code": ""}
        values = {**given, **fresh, "attempts": kept, "decision": "retry", "stopped_by": None}
        graph.update_state(config, values, as_node="decide")
        return None


def _limits(state: AgentState, context: AgentContext) -> dict[str, Any]:
    """Return the channels that hold the limits as they are now."""
    budget = budget_of(state, context)
    others = budget.model_dump(exclude={"attempts"}, exclude_none=True)
    return {"max_attempts": budget.attempts, "budget": others}


def with_limits(max_attempts: int | None, limits: Mapping[str, Any] | None) -> AgentContext:
    """Return the context that puts other limits in place of a run's own.

    Raises:
        RequestError: one makes no sense.
    """
    Budget.read({**(limits or {}), "attempts": max_attempts}, partial=True)
    return AgentContext(max_attempts=max_attempts, budget=dict(limits or {}) or None)
