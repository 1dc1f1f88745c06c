"""Turn a run's results into its record: values, figures and files are stored and described.

What the record says about values and figures is found out within limits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
from graph_agent.summaries import summarize
from graph_agent.summaries.payloads import VALUE_S, look_in_child, without_description
from nodes.recording.blank_figures import BlankFigure, blank_figure
from nodes.recording.blank_values import Blank, blank_value
from sandbox.errors import ConfinedError, PayloadError
from sandbox.records import DISPLAY, Execution, ExecutionError, Figure, Payload
from sandbox.results.decode import decode_payload
from sandbox.results.plain_payloads import is_small
from sandbox.variables.store import VariableStore

MAX_STATE_OUTPUT_CHARS = 50_000
"""Of each stream; the state leaves out the middle of a longer one."""
MAX_SUMMARY_CHARS = 1_500
RUN_S = 20.0
"""Processor time for looking at all results of a run."""
QUICK_PIXELS = 2_000_000
QUICK_BYTES = 256 << 10


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


class Look(NamedTuple):
    """A value's summary for prompts and the transcript, and whether it is blank."""

    summary: str
    blank: Blank | None


class Looks:
    """Looks at the results of one run; all of them share a limit of time."""

    def __init__(self, level: PrivacyLevel) -> None:
        self._level = level
        self._left_s = RUN_S

    def at_value(self, name: str, payload: Payload, value: object) -> Look:
        """Describe a value; if that takes too much, by its type alone."""
        if is_small(payload, value):
            return describe(name, value, self._level)
        found = self._call("at_payload", [name, self._level], payload.data)
        if found is None:
            return Look(without_description(name, payload), None)
        return Look(*found)

    def at_figure(self, figure: Figure) -> BlankFigure | None:
        """Say how a figure is blank; None if it isn't, or if finding out takes too much."""
        pixels = figure.width * figure.height
        if len(figure.data) <= QUICK_BYTES and pixels <= QUICK_PIXELS:
            return blank_figure(figure)
        args = [figure.mime, figure.width, figure.height]
        found: BlankFigure | None = self._call("at_image", args, figure.data)
        return found

    def _call(self, function: str, args: list[Any], data: bytes) -> Any:
        if self._left_s <= 0:
            return None
        most_s = min(VALUE_S, self._left_s)
        try:
            reply = look_in_child(f"{__name__}:{function}", args, data, most_s)
        except ConfinedError as error:
            self._left_s -= most_s if error.cause == "time" else 1
            return None
        self._left_s -= reply.cpu_s
        return reply.value


def describe(name: str, value: object, level: PrivacyLevel) -> Look:
    """Describe a value here."""
    summary = summarize(name, value, level=level, max_chars=MAX_SUMMARY_CHARS)
    return Look(summary.text, blank_value(value))


def at_payload(args: list[Any], parts: list[bytearray]) -> tuple[Any, Sequence[bytes]]:
    """Describe the value of a payload in a child."""
    name, level = args
    try:
        value = decode_payload(parts[0])
    except PayloadError:
        return None, ()
    look = describe(name, value, level)
    return [look.summary, look.blank], ()


def at_image(args: list[Any], parts: list[bytearray]) -> tuple[Any, Sequence[bytes]]:
    """Check a figure in a child."""
    mime, width, height = args
    return blank_figure(Figure(bytes(parts[0]), mime, width, height)), ()
