"""A thread: its saved state, and the graph that continues it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from graph_agent.budget import Budget, limits_in
from graph_agent.checkpoints import no_such_run, open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.context import AgentContext
from graph_agent.errors import ThreadError
from graph_agent.graph import Graph
from graph_agent.langgraph_internals import input_values, questions_in
from graph_agent.records import ApprovalAnswer, ApprovalRequest, Json
from graph_agent.state import AgentInput, AgentState
from sandbox.variables.store import VariableStore

GraphInput = AgentInput | Command[Any] | None
"""What LangGraph takes: a new request, an answer to an interrupt, or None to continue."""


@dataclass(frozen=True)
class Thread:
    """A locked thread and what it runs with."""

    thread_id: str
    graph: Graph
    saver: BaseCheckpointSaver[Any]
    store: VariableStore
    settings: Settings
    setup: Json
    context: AgentContext

    @property
    def config(self) -> RunnableConfig:
        """The config that names the thread to LangGraph."""
        return config_of(self.thread_id)

    def pending_approval(self) -> ApprovalRequest | None:
        """Return the question the thread waits with, if any."""
        state = self.graph.get_state(self.config)
        return _approval_in([interrupt.value for interrupt in state.interrupts])

    def check_unused(self) -> None:
        """Check that there is no run of this name yet.

        Raises:
            ThreadError: there is one.
        """
        if self.graph.get_state(self.config).values:
            raise ThreadError(
                f"there is already a run {self.thread_id!r}; give the new one another thread id"
            )

    def retry(self, values: Mapping[str, Any]) -> None:
        """Save values as if ``decide`` had chosen another attempt."""
        update = {**values, "decision": "retry", "stopped_by": None}
        self.graph.update_state(self.config, update, as_node="decide")


def config_of(thread_id: str) -> RunnableConfig:
    """Return the config that names a thread."""
    return {"configurable": {"thread_id": thread_id}}


def state_of(saver: BaseCheckpointSaver[Any], thread_id: str) -> AgentState:
    """Read a thread's last checkpoint, without the writes of a step that was killed.

    Raises:
        ThreadError: there is no such thread.
    """
    saved = saver.get_tuple(config_of(thread_id))
    if saved is None:
        raise no_such_run(saver, thread_id)
    values = saved.checkpoint["channel_values"]
    # A run killed before its first step has only its input, in a channel of its own.
    return cast("AgentState", {**values, **input_values(values)})


def saved_approval(settings: Settings, thread_id: str) -> ApprovalRequest | None:
    """Return the question that a saved run waits with, if any; nothing of the run is continued.

    Raises:
        ThreadError: there is no such run.
        CheckpointError: the database can't be used.
    """
    with open_checkpoints(settings) as saver:
        saved = saver.get_tuple(config_of(thread_id))
        if saved is None:
            raise no_such_run(saver, thread_id)
        return _approval_in(questions_in(saved.pending_writes))


def _approval_in(questions: Sequence[Any]) -> ApprovalRequest | None:
    for question in questions:
        if isinstance(question, dict) and question.get("kind") == "approval":
            return ApprovalRequest.model_validate(question)
    return None


def approval_command(answer: ApprovalAnswer) -> Command[Any]:
    """Return the graph input that answers a pending approval."""
    return Command(resume=answer.to_state())


def with_limits(
    max_attempts: int | None, budget: Budget | Mapping[str, float | None] | None
) -> AgentContext:
    """Return the context that overrides a run's limits.

    Raises:
        RequestError: a limit is invalid.
    """
    limits = limits_in(budget)
    Budget.read({**limits, "attempts": max_attempts}, partial=True)
    return AgentContext(max_attempts=max_attempts, budget=limits or None)
