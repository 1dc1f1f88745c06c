"""Stores runs with everything that belongs to one, without running them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from langchain_core.messages import HumanMessage

from graph_agent.checkpoints import open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.models import CallLog, Question, TaskRef, profile_of
from sandbox import VariableStore
from tests.graph_agent.checkpoints.saving import put
from tests.scripted_model import ScriptedModel


def store_of(settings: Settings) -> VariableStore:
    return VariableStore(settings.state_dir / "variables")


def blobs(settings: Settings) -> set[str]:
    return {path.name for path in (store_of(settings).root / "blobs").glob("??/*")}


def save_run(
    settings: Settings,
    thread: str,
    value: object,
    *,
    at: datetime | None = None,
    decision: str = "done",
    pending: Sequence[tuple[str, object]] = (),
) -> set[str]:
    """Store a run that has a value, calls and files; return the digests of its value."""
    bundle = store_of(settings).put_variables({"value": value})
    if at is not None:
        for digest in bundle.digests():
            path = store_of(settings).root / "blobs" / digest[:2] / digest
            os.utime(path, (at.timestamp() - 1, at.timestamp() - 1))
    values = {"request": f"about {thread}", "decision": decision, "success": True}
    with open_checkpoints(settings) as saver:
        put(saver, thread, at, variables=bundle.to_json(), attempts=[{}], **values)
        if pending:
            saved = saver.get_tuple({"configurable": {"thread_id": thread}})
            assert saved is not None
            saver.put_writes(saved.config, pending, "task")
    model = ScriptedModel()
    question = Question(model, profile_of(model), [HumanMessage(f"ask {thread}")], "generate")
    CallLog(settings.state_dir / "calls").begin(question, TaskRef("generate", thread, "task"))
    folder = settings.state_dir / "runs" / thread
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code.py").write_text("x = 1\n")
    return set(bundle.digests())
