"""The ways a run starts: from a new request, from its last checkpoint, or from another run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from graph_agent.checkpoints import is_finished
from graph_agent.context import AgentContext, RunView
from graph_agent.errors import RequestError
from graph_agent.records import ApprovalAnswer, Json
from graph_agent.request import CodeGenerationRequest
from graph_agent.runs.follow_ups import FollowUpRun
from graph_agent.runs.thread_ids import check_thread_id
from graph_agent.runs.threads import GraphInput, Thread, approval_command, state_of
from graph_agent.state import AgentInput, AgentState


def no_pending_approval() -> RequestError:
    """Make the error for an answer to a run that asked nothing."""
    return RequestError("this run has no pending approval; resume it without an answer")


@dataclass(frozen=True)
class NewRun:
    """A new request."""

    thread_id: str
    request: CodeGenerationRequest
    source: ClassVar[None] = None

    def __post_init__(self) -> None:
        check_thread_id(self.thread_id)

    def prepare(self, thread: Thread) -> GraphInput:
        """Store the variables and return the graph's input.

        Raises:
            VariableError: a variable can't be stored.
        """
        context = thread.context
        attempts = context.max_attempts or thread.settings.max_attempts
        given = self.request.to_input(thread.store, attempts)
        # LangGraph doesn't save the context, and a resumed run keeps these limits.
        budget = {**given["budget"], **(context.budget or {})}
        return {**given, "budget": budget, "setup": thread.setup}


@dataclass(frozen=True)
class PreparedRun:
    """A new request whose input was made elsewhere; its variables are in a shared store."""

    thread_id: str
    input: AgentInput
    source: ClassVar[None] = None

    def __post_init__(self) -> None:
        check_thread_id(self.thread_id)

    def prepare(self, thread: Thread) -> GraphInput:
        """Return the graph's input."""
        return {**self.input, "setup": thread.setup}


@dataclass(frozen=True)
class ResumedRun:
    """A run that was stopped or killed, waits for an answer, or reached a limit."""

    thread_id: str
    answer: ApprovalAnswer | None = None

    def __post_init__(self) -> None:
        check_thread_id(self.thread_id)

    @property
    def source(self) -> str:
        """The thread whose checkpoint the run starts from."""
        return self.thread_id

    def finished_state(self, state: AgentState, context: AgentContext) -> AgentState | None:
        """Return the state of a run that is finished; None if it can continue.

        Its ``stopped_by`` is the limit that still stops it.

        Raises:
            RequestError: a limit is invalid, or there is an answer for a finished run.
        """
        limit = RunView(state, context).attempt_limit()
        if not is_finished(state):
            return None
        if state.get("stopped_by"):
            if limit is None:
                return None
            state = {**state, "stopped_by": limit}
        if self.answer is not None:
            raise no_pending_approval()
        return state

    def prepare(self, thread: Thread) -> GraphInput:
        """Answer the pending approval, or allow another attempt under a higher limit.

        Raises:
            RequestError: there is an answer and no pending approval.
            ThreadError: the run doesn't exist.
        """
        if self.answer is not None:
            if thread.pending_approval() is None:
                raise no_pending_approval()
            return approval_command(self.answer)
        # Read from the checkpoint: a snapshot of a run killed in its last step is finished
        # already, and that run only has to be continued.
        state = state_of(thread.saver, self.thread_id)
        if is_finished(state):
            thread.retry(RunView(state, thread.context).limits)
        return None


@dataclass(frozen=True)
class ForkedRun:
    """Another way to continue from an attempt of the run ``source``.

    ``attempt`` is the last one to keep, 0 for none. ``request_text`` None keeps the text.
    """

    thread_id: str
    source: str
    attempt: int = 0
    request_text: str | None = None

    def __post_init__(self) -> None:
        check_thread_id(self.thread_id)
        check_thread_id(self.source)
        if self.request_text is not None:
            CodeGenerationRequest(self.request_text)

    def prepare(self, thread: Thread) -> GraphInput:
        """Copy the request, and the attempts to keep, to the new thread.

        Raises:
            RequestError: there is no such attempt, or the limit allows no more.
            ThreadError: the run doesn't exist, or its new name is taken.
        """
        state = state_of(thread.saver, self.source)
        thread.check_unused()
        kept = self._kept_attempts(state)
        given: dict[str, Any] = {
            name: state[name]  # type: ignore[literal-required]  # names of its keys
            for name in AgentInput.__annotations__
            if name in state and name != "messages"  # the chat stays on its own thread
        }
        origin = {"thread_id": self.source, "attempt": self.attempt}
        text = (self.request_text or "").strip()
        if text and text != state["request"]:
            given["request"], origin["request"] = text, state["request"]
        given |= {"setup": {**thread.setup, "forked_from": origin}, "decision": None}
        if not kept:
            return cast("AgentInput", given)
        results = {"attempts": kept, "usage": {}, "spent_s": 0.0, "success": False, "code": ""}
        thread.retry({**given, **results, **self._limits(state, thread.context)})
        return None

    def _kept_attempts(self, state: AgentState) -> list[Json]:
        attempts = state.get("attempts") or []
        if not 0 <= self.attempt <= len(attempts):
            raise RequestError(
                f"run {self.source!r} has {len(attempts)} attempt(s); fork from one of them,"
                f" or from 0 to start over, not from {self.attempt}"
            )
        return attempts[: self.attempt]

    def _limits(self, state: AgentState, context: AgentContext) -> Json:
        limits = RunView(state, context).limits
        if context.max_attempts is None:
            limits["max_attempts"] += self.attempt
        elif context.max_attempts <= self.attempt:
            raise RequestError(
                f"{self.attempt} attempt(s) are kept and the limit is {context.max_attempts};"
                " give a higher limit, it includes the kept ones"
            )
        return limits


Start = NewRun | PreparedRun | ResumedRun | ForkedRun | FollowUpRun
