"""A run's options besides its input, and the view of both that nodes work with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from pydantic import with_config

from graph_agent.budget import Budget, Limit, checked_candidates
from graph_agent.records import (
    Approve,
    Attempt,
    Json,
    PrivacyLevel,
    Usage,
    attempts_of,
    strictest,
    total_usage,
)
from graph_agent.state import (
    DEFAULT_MAX_ATTEMPTS,
    DOCUMENTED,
    AgentState,
)

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.runtime import Runtime

__all__ = ["NO_CONTEXT", "AgentContext", "RunView", "TaskRef"]


@with_config(DOCUMENTED)
@dataclass(frozen=True, kw_only=True)
class AgentContext:
    """How a run is done, as opposed to what is asked; LangGraph doesn't store it.

    On LangGraph's server an assistant is configured with it, and a resumed run gets new
    limits from it. What is set here overrides the input; of two privacy levels, the
    stricter one applies.
    """

    model: str | None = None
    """A model's name, or ``provider:model``; empty: the server's."""
    max_attempts: int | None = None
    """How often code may be written."""
    candidates: int | None = None
    """How many programs are written in an attempt, at most."""
    budget: dict[str, Any] | None = None
    """Other limits: model_calls, tokens, time_s, or cost with input_price and output_price."""
    privacy: PrivacyLevel | None = None
    """The most that the model may see of values: schema, stats or sample."""
    approve: Approve | None = None
    """When a person is asked before code runs."""


NO_CONTEXT = AgentContext()
"""Sets nothing."""


@dataclass(frozen=True)
class TaskRef:
    """A node's task in a thread, which keeps its id when LangGraph resumes it; None: no thread."""

    node: str
    thread: str | None
    task: str

    @classmethod
    def of(cls, node: str, runtime: Runtime[Any], config: RunnableConfig) -> Self:
        """Return the task that a node asks or runs something for.

        Without a checkpointer a run belongs to no thread, even if its config names one.
        """
        from graph_agent.langgraph_internals import is_checkpointed  # loads LangGraph

        info = runtime.execution_info
        if info is None:
            return cls(node, None, "")
        return cls(node, info.thread_id if is_checkpointed(config) else None, info.task_id)


@dataclass(frozen=True)
class RunView:
    """A run's state and context as a node finds them; each part is parsed at most once."""

    state: AgentState
    given_context: AgentContext | None = None
    entered_s: float = field(default_factory=time.monotonic)

    @property
    def context(self) -> AgentContext:
        """The context, or one that sets nothing."""
        return self.given_context or NO_CONTEXT

    @cached_property
    def attempts(self) -> list[Attempt]:
        """The attempts made so far."""
        return attempts_of(self.state)

    @property
    def last(self) -> Attempt:
        """The last attempt."""
        return self.attempts[-1]

    @cached_property
    def budget(self) -> Budget:
        """The limits that apply now.

        Raises:
            RequestError: a limit makes no sense.
        """
        limits = {**(self.state.get("budget") or {}), **(self.context.budget or {})}
        attempts = (
            self.context.max_attempts,
            self.state.get("max_attempts"),
            DEFAULT_MAX_ATTEMPTS,
        )
        limits["attempts"] = next(limit for limit in attempts if limit is not None)
        return Budget.read(limits)

    @property
    def candidates(self) -> int:
        """How many programs an attempt may have.

        Raises:
            RequestError: it isn't an integer of at least 1.
        """
        given = self.context.candidates
        if given is None:
            given = self.state.get("candidates")
        return 1 if given is None else checked_candidates(given)

    @property
    def limits(self) -> Json:
        """The limits that apply now, as the state's channels hold them."""
        others = self.budget.model_dump(exclude={"attempts"}, exclude_none=True)
        return {"max_attempts": self.budget.attempts, "budget": others}

    @property
    def privacy(self) -> PrivacyLevel:
        """The privacy level that applies."""
        return strictest([self.state.get("privacy") or "sample", self.context.privacy])

    @property
    def approve(self) -> Approve:
        """When a person is asked."""
        return self.context.approve or self.state.get("approve") or "never"

    @property
    def spent_s(self) -> float:
        """Seconds the nodes before this one worked."""
        return self.state.get("spent_s") or 0.0

    @property
    def spent_now_s(self) -> float:
        """Seconds the nodes have worked, this one included."""
        return self.spent_s + time.monotonic() - self.entered_s

    def call_limit(self, unsaved: Usage | None = None) -> Limit | None:
        """Name the limit that leaves no room for another model call, attempts aside.

        ``unsaved``: what this node has used so far.
        """
        if self.context is NO_CONTEXT and not self.state.get("budget"):
            return None
        used = total_usage(self.state).plus(unsaved or Usage())
        return self.budget.reached(0, used, self.spent_s if unsaved is None else self.spent_now_s)

    def attempt_limit(self) -> Limit | None:
        """Name the limit that leaves no room for another attempt."""
        n_attempts = len(self.state.get("attempts") or [])
        return self.budget.reached(n_attempts, total_usage(self.state), self.spent_s)

    def changed(self, update: Json) -> Json:
        """Return the part of an update that the state doesn't hold already.

        Each value that is written costs LangGraph time, and a row in a checkpoint.
        """
        state: Mapping[str, Any] = self.state
        return {
            name: value
            for name, value in update.items()
            if name not in state or state[name] != value
        }

    def replace_last(self, last: Attempt) -> list[Json]:
        """Return the state's attempts with the last one replaced."""
        return [*(self.state.get("attempts") or [])[:-1], last.to_state()]

    def add_usage(self, node: str, *more: Usage | None) -> dict[str, Json]:
        """Return the state's usage with more of ``node``."""
        usage = dict(self.state.get("usage") or {})
        amounts = dict(usage.get(node) or {})
        for used in filter(None, more):
            for name, amount in used:
                amounts[name] = amounts.get(name, 0) + amount
        return usage | {node: amounts}
