"""Whether a figure is certain to show nothing."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from sandbox.records import Figure
from sandbox.results.figure_formats import PLOTLY, PNG

__all__ = ["BlankFigure", "blank_figure"]

BlankFigure = Literal["nothing", "empty_axes"]
"""``nothing``: pixels of one colour, or a Plotly figure without a trace.
``empty_axes``: drawn axes, and nothing inside any of them."""

MAX_PIXELS = 25_000_000
"""Larger figures aren't checked; the size is read before anything is decompressed."""
MAX_JSON_BYTES = 8 << 20
_DARK = 80  # of 255: the frames of axes are black by default
_MIN_SIDE_PIXELS = 40  # of axes; smaller boxes are cells of tables and the like
_MAX_LINES = 40  # more dark lines than frames have: a picture, not axes
_FRAME_PIXELS = 8  # width of a frame and of ticks that point inward
_PLAIN_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
_DRAWN_IN_LAYOUT = ("annotations", "shapes", "images", "sliders", "updatemenus")


def blank_figure(figure: Figure) -> BlankFigure | None:
    """Return how a figure is blank; None if it isn't, or if that isn't certain.

    Checks PNG and Plotly's JSON. Never raises.
    """
    try:
        if figure.mime == PNG and 0 < figure.width * figure.height <= MAX_PIXELS:
            return _png(figure)
        if figure.mime == PLOTLY and len(figure.data) <= MAX_JSON_BYTES:
            return _plotly(json.loads(figure.data))
    except Exception:  # a check of a picture must not fail the run
        return None
    return None


def _png(figure: Figure) -> BlankFigure | None:
    from PIL import Image

    with Image.open(io.BytesIO(figure.data), formats=["PNG"]) as image:
        # Only the header has been read so far.
        if image.size != (figure.width, figure.height) or image.mode not in _PLAIN_MODES:
            return None
        whole = image.convert("RGBA")
    paper = Image.new("RGBA", whole.size, "white")
    paper.alpha_composite(whole)
    flat = paper.convert("RGB")
    pixels = np.asarray(flat)
    if (pixels == pixels[0, 0]).all():
        return "nothing"
    return "empty_axes" if _only_frames(pixels) else None


def _only_frames(pixels: np.ndarray[Any, Any]) -> bool:
    """Whether there are axes, all filled with nothing but the background colour.

    Axes are boxes of four unbroken dark lines; shape of ``pixels``: (height, width, 3).
    """
    dark: np.ndarray[Any, Any] = np.all(pixels < _DARK, axis=2)
    rows, columns = _lines(dark.sum(axis=1)), _lines(dark.sum(axis=0))
    if not 2 <= len(rows) <= _MAX_LINES or not 2 <= len(columns) <= _MAX_LINES:
        return False
    found = False
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            if not _is_box(dark, top, bottom, left, right):
                continue
            large = min(bottom - top, right - left) >= _MIN_SIDE_PIXELS
            inside = slice(_FRAME_PIXELS, -_FRAME_PIXELS) if large else slice(2, -2)
            box = pixels[top : bottom + 1, left : right + 1][inside, inside]
            if (box != pixels[0, 0]).any():
                return False
            found = found or large
    return found


def _lines(dark_counts: np.ndarray[Any, Any]) -> list[int]:
    """Return the middle of each group of adjacent rows or columns that may be a dark line."""
    at = np.flatnonzero(dark_counts >= _MIN_SIDE_PIXELS)
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    return [int(run[len(run) // 2]) for run in runs if len(run)]


def _is_box(dark: np.ndarray[Any, Any], top: int, bottom: int, left: int, right: int) -> bool:
    if bottom - top < _FRAME_PIXELS or right - left < _FRAME_PIXELS:
        return False
    across, down = slice(left, right + 1), slice(top, bottom + 1)
    sides = (dark[top, across], dark[bottom, across], dark[down, left], dark[down, right])
    return all(bool(side.all()) for side in sides)


def _plotly(figure: dict[str, Any]) -> BlankFigure | None:
    layout = figure.get("layout") or {}
    if any(layout.get(name) for name in _DRAWN_IN_LAYOUT):
        return None
    traces = figure["data"]
    if not traces:
        return "nothing"
    return None if any(_has_data(trace) for trace in traces) else "empty_axes"


def _has_data(trace: Any) -> bool:
    """Whether a trace holds more than settings: a non-empty array, or a number."""
    if isinstance(trace, dict):
        if trace.get("bdata"):
            return True
        # A gauge shows a single value; other plain values are style.
        return trace.get("value") is not None or any(
            _has_data(value) for key, value in trace.items() if key != "colorscale"
        )
    return isinstance(trace, list) and bool(trace)
