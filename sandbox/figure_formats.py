"""Reads a figure that came out of a container, without believing a byte of it.

Figures are checked here and kept as they came; nothing is drawn, and a figure
made of JSON is never run as a live one. The checks are strict so that whatever
opens the file later finds the size that was promised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.errors import PayloadError
from sandbox.jpeg_format import jpeg_size
from sandbox.png_format import png_size
from sandbox.records import Figure
from sandbox.runner.limits import count_elements

PNG = "image/png"
JPEG = "image/jpeg"
PLOTLY = "application/vnd.plotly.v1+json"

MAX_PIXELS = 100_000_000
"""Of one figure; more is refused before anything is inflated."""
MAX_PIXELS_TOGETHER = 400_000_000
"""Of all figures of a run: bounds the time it takes to check them."""
MAX_JSON_BYTES = 64 << 20
MAX_JSON_ELEMENTS = 4_000_000
MAX_JSON_DEPTH = 100
PLOTLY_SIZE = (700, 500)
"""What Plotly draws when the layout names no size, pixels."""
MAX_SIDE_PIXELS = 100_000

_SUFFIXES = {PNG: ".png", JPEG: ".jpg", PLOTLY: ".json"}
# Possessive: linear on any input.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = re.compile(rb"[^][{}]++")


def read_figure(mime: object, data: bytes) -> Figure:
    """Check a figure against its format and return its record.

    Raises:
        PayloadError: it is malformed, too large, or of a format that is not allowed.
    """
    if not isinstance(mime, str) or mime not in _SIZES:
        raise PayloadError(f"a figure of type {str(mime)[:40]!r}, which is not allowed")
    width, height = _SIZES[mime](data)
    if width * height > MAX_PIXELS:
        raise PayloadError(f"a figure of {width}×{height} pixels, over the limit of {MAX_PIXELS}")
    return Figure(data, mime, width, height)


def figure_suffix(mime: str) -> str:
    """Return the suffix of a file that holds a figure of this type."""
    return _SUFFIXES.get(mime, ".bin")


def plotly_size(data: bytes) -> tuple[int, int]:
    """Read the width and height of a Plotly figure, in pixels.

    Raises:
        PayloadError: it is no JSON of such a figure, or over the limits.
    """
    if len(data) > MAX_JSON_BYTES:
        raise PayloadError(f"a Plotly figure of {len(data)} bytes: the limit is {MAX_JSON_BYTES}")
    if count_elements(data) > MAX_JSON_ELEMENTS:
        raise PayloadError(f"a Plotly figure of more than {MAX_JSON_ELEMENTS} values")
    if _depth(data) > MAX_JSON_DEPTH:
        raise PayloadError(f"a Plotly figure nested deeper than {MAX_JSON_DEPTH}")
    try:
        figure = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"a Plotly figure that is no JSON: {type(error).__name__}") from None
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        raise PayloadError("a Plotly figure without a list of data")
    layout = figure.get("layout")
    if not isinstance(layout, dict):
        raise PayloadError("a Plotly figure without a layout")
    return _side(layout.get("width"), PLOTLY_SIZE[0]), _side(layout.get("height"), PLOTLY_SIZE[1])


def _side(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return int(value) if 1 <= value <= MAX_SIDE_PIXELS else default


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub(b"", _STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_SIZES: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    PNG: lambda data: png_size(data, MAX_PIXELS),
    JPEG: jpeg_size,
    PLOTLY: plotly_size,
}
