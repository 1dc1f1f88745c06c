"""execute: run the attempt's code in a container of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from graph_agent.context import AgentContext
from graph_agent.models import Caller
from graph_agent.records import (
    Attempt,
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    Json,
    PrivacyLevel,
    ValueReference,
)
from graph_agent.state import AgentState, attempts_of, with_last
from graph_agent.summaries import summarize
from nodes.approval import reviewed
from nodes.needs import Needs, caller
from sandbox.records import DISPLAY, Execution, ExecutionError, Figure, Payload
from sandbox.store import VariableStore

log = logging.getLogger(__name__)
MAX_STATE_OUTPUT_CHARS = 50_000
"""Of each stream; the middle of what is longer is left out of the state."""
MAX_SUMMARY_CHARS = 1_500


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


def to_record(execution: Execution, store: VariableStore, level: PrivacyLevel) -> ExecutionRecord:
    """Store values and figures, and describe the run by references to them."""
    display = execution.payloads.get(DISPLAY)
    return ExecutionRecord(
        outcome=execution.outcome,
        detail=execution.detail,
        stdout=clip(execution.stdout),
        stderr=clip(execution.stderr),
        error=_error(execution.error),
        check_error=_error(execution.check_error),
        variables=[
            _reference(name, execution.payloads[name], value, store, level)
            for name, value in execution.variables.items()
        ],
        withheld=dict(execution.withheld),
        figures=[_figure(one, store) for one in execution.figures],
        display=(
            None
            if display is None
            else _reference("display", display, execution.display, store, level)
        ),
        display_text=execution.display_text,
        changed_inputs=list(execution.changed_inputs),
        duration_s=execution.duration_s,
    )


def _figure(figure: Figure, store: VariableStore) -> FigureReference:
    return FigureReference(
        sha256=store.put(figure.data),
        mime=figure.mime,
        width=figure.width,
        height=figure.height,
        preview=None if figure.preview is None else _figure(figure.preview, store),
    )


def _reference(
    name: str, payload: Payload, value: object, store: VariableStore, level: PrivacyLevel
) -> ValueReference:
    summary = summarize(name, value, level=level, max_chars=MAX_SUMMARY_CHARS)
    return ValueReference(
        name=name,
        type=payload.type_name,
        codec=payload.codec,
        sha256=store.put(payload.data),
        summary=summary.text,
    )


def _error(error: ExecutionError | None) -> ErrorRecord | None:
    return None if error is None else ErrorRecord(**dataclasses.asdict(error))


def clip(text: str) -> str:
    """Leave out the middle of a text too long for the state, and say so."""
    if len(text) <= MAX_STATE_OUTPUT_CHARS:
        return text
    half = MAX_STATE_OUTPUT_CHARS // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n… {left_out} characters left out …\n{text[-half:]}"
