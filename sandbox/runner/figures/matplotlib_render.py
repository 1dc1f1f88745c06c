"""Renders a matplotlib figure as a notebook does: at its own dpi, cropped to its content."""

from __future__ import annotations

import io
import math
from typing import Any

from .pictures import MAX_PIXELS

MAX_SIDE_PIXELS = 30_000
MIN_DPI = 20
"""Below this, text can't be read, and soon not drawn at all."""
MAX_CROP_GROWTH = 16
"""For the area: a label far outside the axes must not make a mostly empty picture."""
MAX_NAME_CHARS = 60


class TooLargeError(ValueError):
    """No resolution brings the figure below the pixel limit."""


def render_png(figure: Any, savefig: Any) -> tuple[bytes, float]:
    """Render ``figure`` with ``savefig``; return the PNG and its dots per inch.

    Raises:
        TooLargeError: it is too large in inches.
        Exception: raised by one of its artists.
    """
    width, height = figure.get_size_inches()
    own_dpi = figure.dpi
    dpi = _fitting_dpi(own_dpi, width, height)
    buffer = io.BytesIO()
    try:
        if dpi != own_dpi:
            figure.dpi = dpi
        box = _crop(figure)
        if box is not None:
            dpi = _fitting_dpi(dpi, box.width, box.height)
        savefig(figure, buffer, format="png", dpi=dpi, bbox_inches=box or figure.bbox_inches)
    finally:
        if figure.dpi != own_dpi:
            figure.dpi = own_dpi
    return buffer.getvalue(), dpi


def is_empty(figure: Any) -> bool:
    """Whether nothing is drawn on a figure or its subfigures."""
    return all(
        child is figure.patch or (hasattr(child, "subfigures") and is_empty(child))
        for child in figure.get_children()
    )


def name_of(figure: Any) -> str:
    """Name a figure by its title or its number."""
    texts = [getattr(figure, "_suptitle", None), *(axes.title for axes in figure.axes)]
    title = next((text.get_text() for text in texts if text is not None and text.get_text()), "")
    title = title or str(figure.get_label())
    if title:
        return f"figure {title[:MAX_NAME_CHARS]!r}"
    number = getattr(figure, "number", None)
    return f"figure {number}" if isinstance(number, int) else "a figure"


def _fitting_dpi(dpi: float, width: float, height: float) -> float:
    """Lower ``dpi`` until a figure of ``width`` × ``height`` inches is within the limits."""
    if width * height * dpi**2 <= MAX_PIXELS and max(width, height) * dpi <= MAX_SIDE_PIXELS:
        return dpi
    fitting = min(math.sqrt(MAX_PIXELS / (width * height)), MAX_SIDE_PIXELS / max(width, height))
    if fitting < MIN_DPI:
        raise TooLargeError(
            f"it has {width * dpi:.0f}×{height * dpi:.0f} pixels; give it a smaller figsize"
        )
    return float(math.floor(fitting))


def _crop(figure: Any) -> Any:
    """Return the box around everything drawn, in inches; None for the whole canvas."""
    import matplotlib

    figure.draw_without_rendering()  # applies layouts and tick labels
    box = figure.get_tightbbox()
    if not all(map(math.isfinite, box.extents)) or box.width <= 0 or box.height <= 0:
        return None
    width, height = figure.get_size_inches()
    if box.width * box.height > MAX_CROP_GROWTH * width * height:
        return None
    return box.padded(matplotlib.rcParams["savefig.pad_inches"])
