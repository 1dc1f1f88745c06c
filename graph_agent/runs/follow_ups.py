"""A follow-up: the next request of a conversation, with the earlier results as variables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from graph_agent.checkpoints import run_record
from graph_agent.errors import ThreadError
from graph_agent.prompts.bounds import MAX_CODE_CHARS, clip
from graph_agent.prompts.conversation import MAX_EARLIER_REQUESTS
from graph_agent.records import EarlierRequest, Json
from graph_agent.request import CodeGenerationRequest, RequestOptions
from graph_agent.runs.carried import Carried, carried_from
from graph_agent.runs.thread_ids import check_thread_id
from graph_agent.runs.threads import GraphInput, Thread, state_of
from graph_agent.state import DEFAULT_MAX_ATTEMPTS, AgentInput, AgentState
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.composing import Part, composed, parts_of
from sandbox.variables.store import VariableStore

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
            **_together(carried, given, thread.store),
            "budget": {**(state.get("budget") or {}), **(thread.context.budget or {})},
            "earlier": _earlier(state, self.source),
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


def _together(carried: Carried, given: AgentInput, store: VariableStore) -> AgentInput:
    """Put the carried variables and the new ones together."""
    new = VariableBundle.from_json(given["variables"])
    parts: list[Part] = [*carried.parts, *parts_of(new)]
    unsendable = {**carried.unsendable, **new.unsendable}
    bundle = composed(parts, store) if parts else store.put_variables({})
    summaries = {summary["name"]: summary for summary in [*carried.summaries, *given["summaries"]]}
    return {
        "variables": {**bundle.to_json(), "unsendable": unsendable},
        "summaries": list(summaries.values()),
    }


def _earlier(state: AgentState, source: str) -> list[Json]:
    attempts = state.get("attempts") or []
    last = EarlierRequest(
        thread_id=source,
        request=state["request"],
        code=clip(str(attempts[-1]["code"]), MAX_CODE_CHARS) if attempts else "",
        success=bool(state.get("success")),
        privacy=state.get("privacy") or "sample",
    )
    return [*(state.get("earlier") or []), last.to_state()][-MAX_EARLIER_REQUESTS:]
