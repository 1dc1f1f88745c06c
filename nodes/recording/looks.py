"""What the record says about returned values and figures, found out within limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph_agent.records import PrivacyLevel
from graph_agent.summaries import summarize
from graph_agent.summaries.payloads import VALUE_S, is_quick, look_in_child, without_description
from nodes.recording.blank_figures import BlankFigure, blank_figure
from nodes.recording.blank_values import Blank, blank_value
from sandbox.errors import ConfinedError, PayloadError
from sandbox.records import Figure, Payload
from sandbox.results.decode import decode_payload

MAX_SUMMARY_CHARS = 1_500
RUN_S = 20.0
"""Processor time for looking at all results of a run."""
QUICK_PIXELS = 2_000_000
QUICK_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Look:
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
        if is_quick(payload, value):
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
