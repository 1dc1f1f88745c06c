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


def may_go_on(state: AgentState, context: AgentContext) -> bool:
    """Whether there is anything left to do, under the limits that hold now."""
    if not is_over(state):
        return True
    return bool(state.get("stopped_by")) and limit_reached(state, budget_of(state, context)) is None


def take_up(
    graph: Graph, config: RunnableConfig, state: AgentState, answer: ApprovalAnswer | None
) -> Any:
    """Return what the graph is to be given so that a thread goes on from a ``state`` it left.

    Raises:
        RequestError: an answer, and nothing was asked.
    """
    if answer is not None:
        if not graph.get_state(config).interrupts:
            raise RequestError("nothing was asked on this run; resume it without an answer")
        return answered(answer)
    # Not the snapshot's values: those of a run killed in its very last step tell of the end
    # already, and it only needs to get there.
    if is_over(state):  # a limit ended it, and a higher one was given
        graph.update_state(config, {"decision": "retry", "stopped_by": None}, as_node="decide")
    return None


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
        self, saver: BaseCheckpointSaver[Any], graph: Graph, config: RunnableConfig, setup: Json
    ) -> AgentInput | None:
        """Prepare the new thread and return what the graph is to be given.

        Raises:
            ThreadError: no such run.
            RequestError: it has no such attempt.
        """
        state = state_of(saver, self.thread_id)
        attempts = attempts_of(state)
        if not 0 <= self.attempt <= len(attempts):
            raise RequestError(
                f"run {self.thread_id!r} has {len(attempts)} attempt(s); fork from one of them,"
                f" or from 0 to start over, not from {self.attempt}"
            )
        origin = {"forked_from": self.thread_id, "attempt": self.attempt}
        given: dict[str, Any] = {
            name: state[name]  # type: ignore[literal-required]  # names of its keys
            for name in AgentInput.__annotations__
            if name in state
        }
        given |= {"setup": {**setup, **origin}, "decision": None}
        if self.request_text is not None:
            given["request"] = self.request_text.strip()
        if self.attempt == 0:
            return cast("AgentInput", given)
        kept = [one.to_state() for one in attempts[: self.attempt]]
        fresh: Mapping[str, Any] = {"usage": {}, "spent_s": 0.0, "success": False, "code": ""}
        values = {**given, **fresh, "attempts": kept, "decision": "retry", "stopped_by": None}
        graph.update_state(config, values, as_node="decide")
        return None


def with_limits(max_attempts: int | None, limits: Mapping[str, Any] | None) -> AgentContext:
    """Return the context that puts other limits in place of a run's own.

    Raises:
        RequestError: one makes no sense.
    """
    Budget.read({**(limits or {}), "attempts": max_attempts})
    return AgentContext(max_attempts=max_attempts, budget=dict(limits or {}) or None)
