"""execute: run the attempt's code in a container of its own."""

from __future__ import annotations

import logging
from typing import Any

from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from graph_agent.state import AgentState, attempts_of, with_last
from nodes.recording import to_record
from sandbox.protocol import Sandbox
from sandbox.store import VariableStore

log = logging.getLogger(__name__)


def execute(
    state: AgentState, runtime: Runtime[Any], *, sandbox: Sandbox, store: VariableStore
) -> dict[str, Any]:
    """Run the last attempt's code and note what happened.

    Raises:
        SandboxUnavailableError: nothing could be run; the attempt is not spent.
        VariableError: the given variables cannot be handed over.
    """
    attempts = attempts_of(state)
    last = attempts[-1]
    stream, info = get_stream_writer(), runtime.execution_info
    execution = sandbox.run(
        last.code,
        state.get("variables") or {},
        state.get("returns"),
        checks=state.get("checks"),
        store=store,
        on_output=lambda name, text: stream({"event": "output", "stream": name, "text": text}),
        thread=(info and info.thread_id) or "",
        task=(info and info.task_id) or "",
    )
    log.info("attempt %d: %s in %.2f s", last.number, execution.outcome, execution.duration_s)
    record = to_record(execution, store, state.get("privacy") or "sample")
    return {"attempts": with_last(attempts, last.model_copy(update={"execution": record}))}
