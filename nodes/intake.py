"""What a run starts with: the input, checked and completed."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from langchain_core.runnables import RunnableConfig
from pydantic import ValidationError

from graph_agent.chat.asked import Asked, asked_in, run_before
from graph_agent.chat.carried import Carried, carried_from
from graph_agent.chat.following import earlier_requests, put_together
from graph_agent.context import RunView, TaskRef
from graph_agent.errors import RequestError
from graph_agent.files.uploads import stored_uploads
from graph_agent.langgraph_internals import is_checkpointed
from graph_agent.records import APPROVALS, LEVELS, EarlierRequest, Json, PrivacyLevel, strictest
from graph_agent.request import CodeGenerationRequest
from graph_agent.state import AgentInput, AgentState, GivenFile
from nodes.dependencies import Dependencies
from sandbox.containers.connections import TEMPORARY_PREFIX
from sandbox.errors import VariableError
from sandbox.owner import Owner
from sandbox.variables.bundle import VariableBundle
from sandbox.variables.store import VariableStore


def initial_state(
    view: RunView, task: TaskRef, config: RunnableConfig, dependencies: Dependencies
) -> Json:
    """Return what a new run puts into the state: all options settled, nothing of earlier runs.

    Raises:
        RequestError: the input is unusable.
        VariableError: a file's content can't be passed to the code.
        ThreadError: a message follows up on values that are gone.
    """
    state = view.state
    _check_kinds(state)
    limits, privacy, approve = view.limits, view.privacy, view.approve
    if approve != "never" and not is_checkpointed(config):
        raise RequestError(
            "a person can only be asked if the run can wait for the answer; give build_graph a"
            " checkpointer and the run a thread_id, or set approve to 'never'"
        )
    asked = asked_in(state) if state.get("messages") else None
    text = (state.get("request") or "") if asked is None else asked.text
    CodeGenerationRequest(  # for its checks
        text,
        checks=state.get("checks"),
        returns=state.get("returns"),
        privacy=privacy,
        approve=approve,
        skip_rules=state.get("skip_rules") or (),
    )
    is_counted = view.context.candidates is not None or state.get("candidates") is not None
    update: Json = {
        **limits,
        "candidates": view.candidates if is_counted else dependencies.candidates,
        "privacy": privacy,
        "approve": approve,
        "attempts": [],
        "usage": {},
        "spent_s": 0.0,
        "success": False,
        "code": "",
        "stopped_by": None,
        "reason": None,
    }
    notes = list[str]()
    files = state.get("files") or []
    if asked is not None and asked.files:
        files = [*files, *asked.files]
    before = None if asked is None else run_before(state)
    if asked is None or before is None:
        update |= _variables(state, files, privacy, dependencies, notes)
    else:
        update |= _follow_up(state, before, files, privacy, task, dependencies, notes)
    if asked is not None:
        update["request"] = text
        update |= {} if asked.message is None else {"messages": [asked.message]}
    update["chat"] = _chat(view, task, update, asked)
    return update | ({"notes": notes} if notes or state.get("notes") else {})


def _variables(
    state: AgentState,
    files: Sequence[GivenFile],
    privacy: PrivacyLevel,
    dependencies: Dependencies,
    notes: list[str],
) -> Json:
    if files:
        return {**_stored(files, privacy, dependencies, notes), "files": []}
    return {"summaries": [_within(privacy, summary) for summary in state.get("summaries") or []]}


def _follow_up(
    state: AgentState,
    before: AgentState,
    files: Sequence[GivenFile],
    privacy: PrivacyLevel,
    task: TaskRef,
    dependencies: Dependencies,
    notes: list[str],
) -> Json:
    """Put the run before, and what is given anew, together."""
    given = _given_anew(state)
    carried = _carried(before, given, files, privacy, task, dependencies.store)
    if files:
        given = _stored(files, privacy, dependencies, notes, carried.files())
    together = put_together(carried, given, dependencies.store)
    return {
        "variables": together["variables"],
        "summaries": [_within(privacy, summary) for summary in together["summaries"]],
        "files": [],
        "earlier": earlier_requests(before, task.thread or ""),
    }


def _stored(
    files: Sequence[GivenFile],
    privacy: PrivacyLevel,
    dependencies: Dependencies,
    notes: list[str],
    beside: VariableBundle | None = None,
) -> AgentInput:
    """Read files as variables and store them."""
    # By its name, the folder of a process that was killed is found and removed.
    prefix = f"{TEMPORARY_PREFIX}{Owner.of(os.getpid())}-"
    with tempfile.TemporaryDirectory(prefix=prefix) as scratch:
        return stored_uploads(
            files,
            dependencies.files_folder,
            Path(scratch),
            dependencies.store,
            privacy,
            notes.append,
            beside,
        )


def _given_anew(state: AgentState) -> AgentInput:
    """Return the variables that came with the input; none if they are the run's before."""
    stored = state.get("variables")
    if not stored or stored.get("pickle") == (state.get("chat") or {}).get("variables"):
        return {"variables": VariableBundle("", "").to_json(), "summaries": []}
    return {"variables": stored, "summaries": state.get("summaries") or []}


def _carried(
    before: AgentState,
    new: AgentInput,
    files: Sequence[GivenFile],
    privacy: PrivacyLevel,
    task: TaskRef,
    store: VariableStore,
) -> Carried:
    """Take over variables and results of the thread's run before, except what is given anew."""
    names = {summary["name"] for summary in new["summaries"]}
    if names:  # the earlier variables aren't in the state any more
        before = {**before, "variables": {}, "summaries": []}
    names |= {str(file.get("name")) for file in files if isinstance(file, dict)}
    return carried_from(before, task.thread or "", privacy, names, store)


def _chat(view: RunView, task: TaskRef, update: Json, asked: Asked | None) -> Json:
    """Return what a later message of the thread must know of this run, and who gets a reply."""
    chat, messages = view.state.get("chat") or {}, view.state.get("messages") or []
    seen = messages[-1].id if messages else None
    text = (view.state.get("request") or "") if asked is None else asked.text
    is_new = asked is not None or seen != chat.get("seen")
    reply = f"codegen-{task.task or uuid.uuid4()}" if messages and is_new else None
    if reply is None and text == chat.get("request"):  # the same again: its reply is replaced
        reply = chat.get("reply")
    variables = update.get("variables") or view.state.get("variables") or {}
    return {
        "request": text,
        "privacy": update["privacy"],
        "variables": variables.get("pickle"),
        "seen": seen,
        "reply": reply,
    }


def _check_kinds(state: AgentState) -> None:
    """Refuse fields of the wrong type, which clients that send hand-written JSON may have.

    Raises:
        RequestError: it names the field and what it must be.
    """
    kinds: dict[str, tuple[type, str]] = {
        "budget": (dict, "an object of limits, such as {'tokens': 10000}"),
        "variables": (dict, "an object that to_input() makes"),
        "summaries": (list, "a list of objects that to_input() makes"),
        "earlier": (list, "a list of earlier requests, as AgentWorkflow.follow_up() makes it"),
        "return_types": (dict, "an object that to_input() makes"),
    }
    for name, (kind, what) in kinds.items():
        value = state.get(name)
        if value is not None and not isinstance(value, kind):
            raise RequestError(
                f"{name} is {what}, not {value!r:.80}; for values of your own, pass what"
                " CodeGenerationRequest(text, {'name': value}).to_input() returns, or files"
            )
    for summary in state.get("summaries") or []:
        if not isinstance(summary, dict) or not {"name", "type", "text"} <= summary.keys():
            raise RequestError(
                f"summaries is a list of objects that to_input() makes, not of {summary!r:.80}"
            )
    for earlier in state.get("earlier") or []:
        try:
            EarlierRequest.model_validate(earlier)
        except ValidationError:
            raise RequestError(
                f"earlier is a list of objects with thread_id and request, not of {earlier!r:.80}"
            ) from None
    if variables := state.get("variables"):
        try:
            VariableBundle.from_json(variables)
        except VariableError as error:
            raise RequestError(
                f"variables: {error}; pass what CodeGenerationRequest(text, {{'name': value}})"
                ".to_input() returns, or files"
            ) from None
    for name, allowed in (("privacy", LEVELS), ("approve", APPROVALS)):
        value = state.get(name)
        if value is not None and value not in allowed:
            raise RequestError(f"{name} is one of {', '.join(allowed)}, not {value!r:.80}")


def _within(privacy: PrivacyLevel, summary: Json) -> Json:
    """Keep a summary that shows no more than the level allows; else keep only name and type."""
    made_at: PrivacyLevel = summary.get("level", "sample")
    if strictest([privacy, made_at]) == made_at:
        return summary
    return {**summary, "text": f"{summary['name']}: {summary['type']}", "level": privacy}
