"""PNGs of plotly's figures, drawn after the code by the browser kaleido brings or finds.

The figures themselves are sent by then. Drawing never costs a run its outcome:
it ends in time, does not start where memory is short, and what goes wrong is a note.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from .kaleido_programs import drawing_program
from .memory_left import memory_left_bytes
from .pictures import MAX_PIXELS, Pictures
from .plotly_browser import Browser, DrawingError

MAX_DRAWING_S = 20.0
"""For all figures of a run, and never more than half of what is left of its time."""
MIN_DRAWING_S = 2.0
"""A browser does not start in less; measured: 1 s, and 3 s on a busy machine."""
MIN_MEMORY_BYTES = 512 << 20
"""Measured: Chromium takes 270 MiB, 500 MiB for one drawing in three dimensions."""
MAX_JSON_BYTES = 16 << 20
DEFAULT_SIZE = (700, 500)
"""As the host takes it where the layout names none, pixels."""
MAX_SIDE_PIXELS = 100_000


class PlotlyPreviews:
    """Remembers figures that were sent, and draws them at the end."""

    def __init__(
        self,
        pictures: Pictures,
        program: Callable[[], Sequence[str] | None] = drawing_program,
        memory_left_bytes: Callable[[], float] = memory_left_bytes,
    ) -> None:
        self._pictures = pictures
        self._program = program
        self._memory_left_bytes = memory_left_bytes
        self._sent: list[tuple[int, bytes]] = []

    def remember(self, number: int, data: bytes) -> None:
        """Have figure ``number``, whose JSON is ``data``, drawn at the end."""
        if self._program() is not None:
            self._sent.append((number, data))

    def draw(self, end_s: float) -> None:
        """Draw what was remembered; ``end_s``: when the run has to be over, monotonic clock."""
        program = self._program() if self._sent else None
        if program is None:
            return
        now_s = time.monotonic()
        allowed_s = min(MAX_DRAWING_S, (end_s - now_s) / 2)
        if why_not := self._obstacle(allowed_s):
            self._pictures.note(f"plotly figures have no preview: {why_not}")
            return
        try:
            with Browser(program, now_s + allowed_s) as browser:
                for number, data in self._sent:
                    self._draw_one(browser, number, data)
        except DrawingError as error:
            self._pictures.note(f"plotly figures have no preview: {error}")

    def _obstacle(self, allowed_s: float) -> str | None:
        if allowed_s < MIN_DRAWING_S:
            return "too little is left of the run's time"
        left_bytes = self._memory_left_bytes()
        if left_bytes < MIN_MEMORY_BYTES:
            need = f"{MIN_MEMORY_BYTES >> 20} MiB of memory"
            return f"drawing takes {need}, {int(left_bytes) >> 20} MiB are left"
        return None

    def _draw_one(self, browser: Browser, number: int, data: bytes) -> None:
        width, height = size_of(data)
        if len(data) > MAX_JSON_BYTES or width * height > MAX_PIXELS:
            self._pictures.note("a plotly figure has no preview: it is too large to be drawn")
            return
        png = browser.draw(data, width, height)
        if isinstance(png, bytes):
            self._pictures.add_preview(number, png)
        else:
            self._pictures.note(f"a plotly figure has no preview: {png}")


def size_of(data: bytes) -> tuple[int, int]:
    """Read the width and height of a figure off its JSON, pixels."""
    layout = json.loads(data).get("layout", {})
    sides = layout.get("width"), layout.get("height")
    width, height = (_side(*both) for both in zip(sides, DEFAULT_SIZE, strict=True))
    return width, height


def _side(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return int(value) if 1 <= value <= MAX_SIDE_PIXELS else default
