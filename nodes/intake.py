"""What a run begins with: the input, checked and completed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import get_args

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext, approve_of, budget_of, privacy_of
from graph_agent.errors import RequestError
from graph_agent.given_files import read_given_files
from graph_agent.privacy import strictest
from graph_agent.records import Approve, Json, PrivacyLevel
from graph_agent.request import CodeGenerationRequest
from graph_agent.state import AgentState
from nodes.needs import Needs, is_checkpointed
from sandbox.backing import TEMPORARY_PREFIX
from sandbox.owner import Owner


def afresh(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], needs: Needs
) -> Json:
    """Return what a fresh start puts into the state: nothing of earlier runs, all options settled.

    Raises:
        RequestError: the input cannot be worked on.
        VariableError: a file's content cannot be handed over.
    """
    context = runtime.context
    _check_kinds(state)
    budget = budget_of(state, context)
    privacy, approve = privacy_of(state, context), approve_of(state, context)
    if approve != "never" and not is_checkpointed(config):
        raise RequestError(
            "a person can only be asked where the run can wait for the answer; give build_graph a"
            " checkpointer and the run a thread_id, or set approve to 'never'"
        )
    request = CodeGenerationRequest(
        state.get("request") or "",
        checks=state.get("checks"),
        returns=state.get("returns"),
        privacy=privacy,
        approve=approve,
        skip_rules=state.get("skip_rules") or (),
    )
    update: Json = {
        "max_attempts": budget.attempts,
        "budget": budget.model_dump(exclude={"attempts"}, exclude_none=True),
        "privacy": privacy,
        "approve": approve,
        "attempts": [],
        "usage": {},
        "spent_s": 0.0,
        "success": False,
        "code": "",
        "stopped_by": None,
    }
    files = state.get("files")
    if files:
        # So named, it is found by whoever comes after a process that was killed.
        prefix = f"{TEMPORARY_PREFIX}{Owner.of(os.getpid())}-"
        with tempfile.TemporaryDirectory(prefix=prefix) as scratch:
            values = read_given_files(files, needs.files_folder, Path(scratch))
            update |= {**request.with_variables(values).stored(needs.store), "files": []}
    else:
        update["summaries"] = [_at(privacy, one) for one in state.get("summaries") or []]
    return update


def _check_kinds(state: AgentState) -> None:
    """Refuse what a client that types JSON by hand got wrong.

    Raises:
        RequestError: naming the field and what it takes.
    """
    kinds: dict[str, tuple[type, str]] = {
        "budget": (dict, "an object of limits, such as {'tokens': 10000}"),
        "variables": (dict, "an object, made by to_input(); give files instead"),
        "summaries": (list, "a list of objects, made by to_input(); give files instead"),
    }
    for name, (kind, what) in kinds.items():
        value = state.get(name)
        if value is not None and not isinstance(value, kind):
            raise RequestError(f"{name} is {what}, not {value!r:.80}")
    for name, allowed in (("privacy", get_args(PrivacyLevel)), ("approve", get_args(Approve))):
        value = state.get(name)
        if value is not None and value not in allowed:
            raise RequestError(f"{name} is one of {', '.join(allowed)}, not {value!r:.80}")


def _at(privacy: PrivacyLevel, summary: Json) -> Json:
    """Keep a summary that tells no more than the level allows; else only the type is left of it."""
    made_at: PrivacyLevel = summary.get("level", "sample")
    if strictest([privacy, made_at]) == made_at:
        return summary
    return {**summary, "text": f"{summary['name']}: {summary['type']}", "level": privacy}
