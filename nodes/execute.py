"""execute: run the attempt's code in a container of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext, RunView
from graph_agent.models import TaskRef
from graph_agent.records import Attempt, Json
from graph_agent.state import AgentState
from nodes.approval.review import reviewed
from nodes.candidates.voting import another_is_wanted, grouped
from nodes.dependencies import Dependencies
from nodes.recording.recording import to_record
from sandbox.variables.bundle import VariableBundle

log = logging.getLogger(__name__)


def execute(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    *,
    dependencies: Dependencies,
) -> Json:
    """Run the last attempt's code and record what happened.

    Raises:
        SandboxUnavailableError: nothing could be run; the attempt isn't spent.
        VariableError: the given variables can't be passed to the code.
    """
    view = RunView(state, runtime.context)
    last = _to_run(view)
    if last.problem:
        return _update(view, last)
    return _run(
        view, last, TaskRef.of("execute", runtime, config), dependencies, get_stream_writer()
    )


async def aexecute(
    state: AgentState,
    config: RunnableConfig,
    runtime: Runtime[AgentContext],
    *,
    dependencies: Dependencies,
) -> Json:
    """Do as :func:`execute` does, without blocking the event loop.

    Cancelling it ends the run in the container.
    """
    view = RunView(state, runtime.context)
    last = _to_run(view)
    if last.problem:
        return _update(view, last)
    task, write = TaskRef.of("execute", runtime, config), get_stream_writer()
    try:
        return await asyncio.to_thread(_run, view, last, task, dependencies, write)
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(dependencies.sandbox.stop, task.task))
        raise


def _to_run(view: RunView) -> Attempt:
    """Return the last attempt, after a person's review if the request wants one.

    With a ``problem`` there is nothing to run.
    """
    wanted = (view.state.get("approve") or "never") != "never"
    return reviewed(view) if wanted and not view.last.problem else view.last


def _run(
    view: RunView,
    last: Attempt,
    task: TaskRef,
    dependencies: Dependencies,
    write: Callable[[Any], None],
) -> Json:
    stored = view.state.get("variables")
    execution = dependencies.sandbox.run(
        last.code,
        VariableBundle.from_json(stored) if stored else None,
        view.state.get("returns"),
        checks=view.state.get("checks"),
        store=dependencies.store,
        on_output=lambda name, text: write({"event": "output", "stream": name, "text": text}),
        thread=task.thread or "",
        task=task.task,
    )
    log.info("attempt %d: %s in %.2f s", last.number, execution.outcome, execution.duration_s)
    record = to_record(execution, dependencies.store, view.privacy, view.state.get("return_types"))
    attempt = last.model_copy(update={"execution": record})
    if view.candidates > 1:
        attempt = grouped(view, attempt, dependencies.store)
    return {**_update(view, attempt), "spent_s": view.spent_now_s}


def _update(view: RunView, attempt: Attempt) -> Json:
    update: Json = {"attempts": view.replace_last(attempt)}
    if view.candidates > 1 and another_is_wanted(view, attempt):
        update["decision"] = "candidate"
    return update
