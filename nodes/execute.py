"""execute: run the attempt's code in a container of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.models import Caller
from graph_agent.records import Attempt, Json
from graph_agent.state import AgentState, attempts_of, with_last
from nodes.approval import reviewed
from nodes.needs import Needs, caller
from nodes.recording import to_record

log = logging.getLogger(__name__)


def execute(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Run the last attempt's code and note what happened.

    Raises:
        SandboxUnavailableError: nothing could be run; the attempt is not spent.
        VariableError: the given variables cannot be handed over.
    """
    attempts = attempts_of(state)
    last = reviewed(state, attempts)
    if last.problem:
        return {"attempts": with_last(attempts, last)}
    return _run(
        state, attempts, last, caller("execute", runtime, config), needs, get_stream_writer()
    )


async def aexecute(
    state: AgentState, config: RunnableConfig, runtime: Runtime[AgentContext], *, needs: Needs
) -> Json:
    """Do as :func:`execute` does, without blocking the event loop.

    When it is cancelled, the run is ended with it.
    """
    attempts = attempts_of(state)
    last = reviewed(state, attempts)
    if last.problem:
        return {"attempts": with_last(attempts, last)}
    asked_by, write = caller("execute", runtime, config), get_stream_writer()
    run = asyncio.to_thread(_run, state, attempts, last, asked_by, needs, write)
    try:
        return await run
    except asyncio.CancelledError:
        await asyncio.shield(asyncio.to_thread(needs.sandbox.stop, asked_by.task))
        raise


def _run(
    state: AgentState,
    attempts: list[Attempt],
    last: Attempt,
    asked_by: Caller,
    needs: Needs,
    write: Callable[[Any], None],
) -> Json:
    started = time.monotonic()
    execution = needs.sandbox.run(
        last.code,
        state.get("variables") or {},
        state.get("returns"),
        checks=state.get("checks"),
        store=needs.store,
        on_output=lambda name, text: write({"event": "output", "stream": name, "text": text}),
        thread=asked_by.thread or "",
        task=asked_by.task,
    )
    log.info("attempt %d: %s in %.2f s", last.number, execution.outcome, execution.duration_s)
    record = to_record(execution, needs.store, state.get("privacy") or "sample")
    return {
        "attempts": with_last(attempts, last.model_copy(update={"execution": record})),
        "spent_s": (state.get("spent_s") or 0.0) + time.monotonic() - started,
    }
