"""What a run starts with: the input, checked and completed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from langchain_core.runnables import RunnableConfig
from pydantic import ValidationError

from graph_agent.context import RunView
from graph_agent.errors import RequestError
from graph_agent.files.uploads import stored_uploads
from graph_agent.langgraph_internals import is_checkpointed
from graph_agent.records import APPROVALS, LEVELS, EarlierRequest, Json, PrivacyLevel, strictest
from graph_agent.request import CodeGenerationRequest
from graph_agent.state import AgentState
from nodes.dependencies import Dependencies
from sandbox.containers.connections import TEMPORARY_PREFIX
from sandbox.errors import VariableError
from sandbox.owner import Owner
from sandbox.variables.bundle import VariableBundle


def initial_state(view: RunView, config: RunnableConfig, dependencies: Dependencies) -> Json:
    """Return what a new run puts into the state: all options settled, nothing of earlier runs.

    Raises:
        RequestError: the input is unusable.
        VariableError: a file's content can't be passed to the code.
    """
    state = view.state
    _check_kinds(state)
    limits, privacy, approve = view.limits, view.privacy, view.approve
    if approve != "never" and not is_checkpointed(config):
        raise RequestError(
            "a person can only be asked if the run can wait for the answer; give build_graph a"
            " checkpointer and the run a thread_id, or set approve to 'never'"
        )
    CodeGenerationRequest(  # for its checks
        state.get("request") or "",
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
    files, notes = state.get("files"), list[str]()
    if files:
        # By its name, the folder of a process that was killed is found and removed.
        prefix = f"{TEMPORARY_PREFIX}{Owner.of(os.getpid())}-"
        with tempfile.TemporaryDirectory(prefix=prefix) as scratch:
            stored = stored_uploads(
                files,
                dependencies.files_folder,
                Path(scratch),
                dependencies.store,
                privacy,
                notes.append,
            )
            update |= {**stored, "files": []}
    else:
        summaries = state.get("summaries") or []
        update["summaries"] = [_within(privacy, summary) for summary in summaries]
    return update | ({"notes": notes} if notes or state.get("notes") else {})


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
