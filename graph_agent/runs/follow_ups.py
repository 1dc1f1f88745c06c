"""A follow-up: the next request of a conversation, with the earlier results as variables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.chat.carried import carried_from
from graph_agent.chat.following import earlier_requests, put_together
from graph_agent.checkpoints import run_record
from graph_agent.errors import ThreadError
from graph_agent.request import CodeGenerationRequest, RequestOptions
from graph_agent.runs.thread_ids import check_thread_id
from graph_agent.runs.threads import GraphInput, Thread, state_of
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, AgentState

INHERITED = ("privacy", "approve", "candidates")
"""Options that a follow-up has from the earlier request unless it is given others."""


@dataclass(frozen=True)
class FollowUpRun:
    """The request after the one of the run ``source``; ``options`` as it is given them.

    ``without``: names of earlier variables and results that its model isn't told of. Such results
    are left out; variables are stored together, and stay in the container.
    """

    thread_id: str
    source: str
    request_text: str
    options: RequestOptions = field(default_factory=RequestOptions, repr=False)
    without: Collection[str] = ()

    def __post_init__(self) -> None:
        check_thread_id(self.thread_id)
        check_thread_id(self.source)
        CodeGenerationRequest(self.request_text, **self.options)

    def prepare(self, thread: Thread) -> GraphInput:
        """Put the earlier variables, results and requests together with the new request.

        Raises:
            ThreadError: the earlier run doesn't exist, or the new run's name is taken.
            VariableError: an earlier value is gone, or a new one can't be stored.
        """
        thread.check_unused()
        state = state_of(thread.saver, self.source)
        request = self._request(state)
        replaced = {*request.user_variables, *self.without}
        carried = carried_from(state, self.source, request.privacy, replaced, thread.store)
        given = request.to_input(thread.store, _attempts(state, thread), beside=carried.files())
        return {
            **given,
            **put_together(carried, given, thread.store),
            "budget": {**(state.get("budget") or {}), **(thread.context.budget or {})},
            "earlier": earlier_requests(state, self.source),
            "setup": {**thread.setup, "follows": self.source},
        }

    def _request(self, state: AgentState) -> CodeGenerationRequest:
        inherited: Any = {name: state[name] for name in INHERITED if state.get(name)}  # type: ignore[literal-required]  # names of its keys
        return CodeGenerationRequest(self.request_text, **{**inherited, **self.options})


def check_ended(saver: BaseCheckpointSaver[Any], thread_id: str) -> None:
    """Check that a run has ended, so that something can follow.

    Raises:
        ThreadError: it hasn't, or doesn't exist.
    """
    status = run_record(saver, thread_id).status
    resume = f"codegen-agent resume {thread_id}"
    if status == "waiting":
        raise ThreadError(
            f"the run {thread_id!r} waits for a person's approval of its code; answer first"
            f" (`{resume} --yes`, --edit FILE.py or --reject WORDS), then follow up"
        )
    if status == "unfinished":
        raise ThreadError(
            f"the run {thread_id!r} hasn't ended; continue it first (`{resume}`), then follow up"
        )


def _attempts(state: AgentState, thread: Thread) -> int:
    return thread.context.max_attempts or state.get("max_attempts") or DEFAULT_MAX_ATTEMPTS
