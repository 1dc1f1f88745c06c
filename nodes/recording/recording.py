"""Turn a run's results into its record: values, figures and files are stored and described."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from graph_agent.records import (
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    FileReference,
    Json,
    PrivacyLevel,
    ValueReference,
)
from graph_agent.return_types import mismatch
from nodes.recording.looks import Looks
from sandbox.records import DISPLAY, Execution, ExecutionError, Figure, Payload
from sandbox.variables.store import VariableStore

MAX_STATE_OUTPUT_CHARS = 50_000
"""Of each stream; the state leaves out the middle of a longer one."""


def to_record(
    execution: Execution,
    store: VariableStore,
    level: PrivacyLevel,
    return_types: Mapping[str, Json] | None = None,
) -> ExecutionRecord:
    """Store values, figures and files; return the run's record with references to them.

    ``return_types``: what the types of some variables must be.
    """
    wanted = return_types or {}
    display = execution.payloads.get(DISPLAY)
    # Aggregates of what the code made are values if it wants: at ``stats`` only those of the
    # given data are allowed.
    looks = Looks(level if level == "sample" else "schema")
    return ExecutionRecord(
        outcome=execution.outcome,
        detail=execution.detail,
        stdout=clip(execution.stdout),
        stderr=clip(execution.stderr),
        error=_error(execution.error),
        check_error=_error(execution.check_error),
        variables=[
            _reference(name, execution.payloads[name], value, store, looks, wanted.get(name))
            for name, value in execution.variables.items()
        ],
        withheld=dict(execution.withheld),
        figures=[_figure(figure, store, looks) for figure in execution.figures],
        files=[
            FileReference(name=name, sha256=store.put(data), size=len(data))
            for name, data in execution.files.items()
        ],
        display=(
            None
            if display is None
            else _reference("display", display, execution.display, store, looks)
        ),
        display_text=execution.display_text,
        changed_inputs=list(execution.changed_inputs),
        duration_s=execution.duration_s,
    )


def _figure(figure: Figure, store: VariableStore, looks: Looks) -> FigureReference:
    return FigureReference(
        sha256=store.put(figure.data),
        mime=figure.mime,
        width=figure.width,
        height=figure.height,
        preview=None if figure.preview is None else _figure(figure.preview, store, looks),
        blank=looks.at_figure(figure),
    )


def _reference(
    name: str,
    payload: Payload,
    value: object,
    store: VariableStore,
    looks: Looks,
    wanted: Json | None = None,
) -> ValueReference:
    look = looks.at_value(name, payload, value)
    return ValueReference(
        name=name,
        type=payload.type_name,
        codec=payload.codec,
        sha256=store.put(payload.data),
        summary=look.summary,
        blank=look.blank,
        mismatch="" if wanted is None else mismatch(value, wanted),
    )


def _error(error: ExecutionError | None) -> ErrorRecord | None:
    return None if error is None else ErrorRecord(**dataclasses.asdict(error))


def clip(text: str) -> str:
    """Replace the middle of a text too long for the state with a note."""
    if len(text) <= MAX_STATE_OUTPUT_CHARS:
        return text
    half = MAX_STATE_OUTPUT_CHARS // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n… {left_out} characters left out …\n{text[-half:]}"
