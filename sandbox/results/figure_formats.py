"""Checks figures that came out of a container, as hostile input.

Figures are kept as they came. Nothing is drawn, and JSON is never run as a live figure.
The checks are strict so that any program that opens the file finds the promised size.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sandbox.errors import PayloadError
from sandbox.policy import SandboxPolicy
from sandbox.records import Figure
from sandbox.results.decode import RunDecoder
from sandbox.results.png_format import png_size
from sandbox.runner.shared import figures as shared
from sandbox.runner.shared.figures import JPEG, PLOTLY, PNG
from sandbox.runner.shared.limits import count_elements, json_depth

__all__ = ["JPEG", "PLOTLY", "PNG", "ReceivedFigures", "figure_suffix", "read_figure"]

MAX_PIXELS = 100_000_000
"""For one figure; more is refused before anything is inflated."""
MAX_PIXELS_TOGETHER = 400_000_000
"""For all figures of a run: limits the time it takes to check them."""
MAX_JSON_BYTES = 64 << 20
MAX_JSON_ELEMENTS = 4_000_000
MAX_JSON_DEPTH = 100
QUICK_BYTES = 256 << 10
"""Larger figures are checked in a child process."""
QUICK_PNG_BYTES = 1 << 20
QUICK_PIXELS = 4_000_000

_SUFFIXES = {PNG: ".png", JPEG: ".jpg", PLOTLY: ".json"}


def read_figure(mime: object, data: bytes) -> Figure:
    """Check a figure against its format and return its record.

    Raises:
        PayloadError: it is malformed, too large, or its format isn't allowed.
    """
    if mime == PNG:
        width, height = png_size(data, MAX_PIXELS)
    elif mime == JPEG:
        from sandbox.results.jpeg_format import jpeg_size

        width, height = jpeg_size(data)
    elif mime == PLOTLY:
        width, height = plotly_size(data)
    else:
        raise PayloadError(f"a figure of type {str(mime)[:40]!r}, which isn't allowed")
    if width * height > MAX_PIXELS:
        raise PayloadError(f"a figure of {width}×{height} pixels, over the limit of {MAX_PIXELS}")
    return Figure(data, str(mime), width, height)


def figure_suffix(mime: str) -> str:
    """Return the suffix of a file that holds a figure of this type."""
    return _SUFFIXES.get(mime, ".bin")


def plotly_size(data: bytes) -> tuple[int, int]:
    """Read the width and height of a Plotly figure, in pixels.

    Raises:
        PayloadError: it isn't the JSON of a figure, or is over a limit.
    """
    if len(data) > MAX_JSON_BYTES:
        raise PayloadError(f"a Plotly figure of {len(data)} bytes: the limit is {MAX_JSON_BYTES}")
    if count_elements(data) > MAX_JSON_ELEMENTS:
        raise PayloadError(f"a Plotly figure of more than {MAX_JSON_ELEMENTS} values")
    if json_depth(data) > MAX_JSON_DEPTH:
        raise PayloadError(f"a Plotly figure nested deeper than {MAX_JSON_DEPTH}")
    try:
        figure = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"a Plotly figure that isn't JSON: {type(error).__name__}") from None
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        raise PayloadError("a Plotly figure without a list of data")
    layout = figure.get("layout")
    if not isinstance(layout, dict):
        raise PayloadError("a Plotly figure without a layout")
    return shared.plotly_size(layout)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} isn't JSON")


class ReceivedFigures:
    """The figures and previews of one run, checked as they arrive against a policy's limits."""

    def __init__(self, policy: SandboxPolicy, decoder: RunDecoder) -> None:
        self._policy = policy
        self._decoder = decoder
        self._sent: list[Figure | None] = []  # None for a refused figure: previews count it
        self._bytes = 0
        self._pixels = 0

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The accepted figures, in order."""
        return tuple(figure for figure in self._sent if figure is not None)

    def take(self, mime: object, data: bytes) -> None:
        """Take a figure.

        Raises:
            PayloadError: it is refused; the message is a sentence for the user.
        """
        full = len(self.figures) >= self._policy.max_figures
        self._sent.append(None)
        if full:
            raise PayloadError("more figures than the limit")
        self._sent[-1] = self._checked(mime, data)

    def take_preview(self, number: object, data: bytes) -> None:
        """Take the PNG of a JSON figure; ``number`` counts the figures sent, from 0.

        Raises:
            PayloadError: it is refused; the message is a sentence for the user.
        """
        if isinstance(number, bool) or not isinstance(number, int):
            raise PayloadError("a preview without a figure number")
        figure = self._sent[number] if 0 <= number < len(self._sent) else None
        if figure is None or figure.mime != PLOTLY or figure.preview is not None:
            raise PayloadError("a preview for a figure that can't have one")
        self._sent[number] = replace(figure, preview=self._checked(PNG, data))

    def _checked(self, mime: object, data: bytes) -> Figure:
        try:
            figure = self._read(mime, data)
        except PayloadError as error:
            raise PayloadError(f"refused: {error}") from None
        self._bytes += len(data)
        self._pixels += figure.width * figure.height
        if self._bytes > self._policy.max_result_bytes:
            raise PayloadError(f"figures of more than {self._policy.max_result_bytes} bytes")
        if self._pixels > MAX_PIXELS_TOGETHER:
            raise PayloadError(f"figures of more than {MAX_PIXELS_TOGETHER} pixels together")
        return figure

    def _read(self, mime: object, data: bytes) -> Figure:
        if not isinstance(mime, str) or mime not in _SUFFIXES or is_quick(mime, data):
            return read_figure(mime, data)
        answer = self._decoder.check("sandbox.results.figure_formats:measure", mime, data)
        if "refused" in answer:
            raise PayloadError(answer["refused"])
        return Figure(data, str(mime), *answer["size"])


def is_quick(mime: object, data: bytes) -> bool:
    """Whether checking a figure takes a moment at most, judged by its sizes only."""
    if mime != PNG:
        return len(data) <= QUICK_BYTES
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return len(data) <= QUICK_PNG_BYTES and width * height <= QUICK_PIXELS


def measure(mime: str, parts: list[bytearray]) -> tuple[dict[str, Any], tuple[()]]:
    """Check a figure in a child; return its size, or why it is refused."""
    try:
        figure = read_figure(mime, bytes(parts[0]))
    except PayloadError as error:
        return {"refused": str(error)}, ()
    return {"size": [figure.width, figure.height]}, ()
