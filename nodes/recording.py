"""From what a run left to the record of it: values and figures stored, described, looked at."""

from __future__ import annotations

import dataclasses

from graph_agent.records import (
    ErrorRecord,
    ExecutionRecord,
    FigureReference,
    PrivacyLevel,
    ValueReference,
)
from graph_agent.summaries import summarize
from nodes.blank_figures import blank_figure
from nodes.blank_values import blank_value
from sandbox.records import DISPLAY, Execution, ExecutionError, Figure, Payload
from sandbox.store import VariableStore

MAX_STATE_OUTPUT_CHARS = 50_000
"""Of each stream; the middle of what is longer is left out of the state."""
MAX_SUMMARY_CHARS = 1_500


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
        blank=blank_figure(figure),
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
        blank=blank_value(value),
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
