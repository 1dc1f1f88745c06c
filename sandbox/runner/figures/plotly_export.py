"""``fig.write_image(…)`` with kaleido up to 0.2, which plotly from 7 on no longer speaks to."""

from __future__ import annotations

import time
from typing import Any

from .kaleido_programs import drawing_program
from .plotly_browser import Browser, DrawingError
from .plotly_previews import size_of

MAX_EXPORT_S = 60.0
"""Of one picture; the time of the run ends sooner or later."""


def to_image(
    fig: Any,
    format: str | None = None,  # noqa: A002  # plotly's own name for it
    width: int | None = None,
    height: int | None = None,
    scale: float | None = None,
    validate: bool = True,
) -> bytes:
    """Draw a figure; stands in for ``plotly.io.to_image`` and has its arguments.

    Raises:
        ValueError: the figure cannot be drawn.
        RuntimeError: the browser does not answer.
    """
    import plotly.io

    program = drawing_program()
    if program is None:
        raise DrawingError("kaleido is not installed")
    data = plotly.io.to_json(fig, validate=validate).encode()
    own_width, own_height = size_of(data)
    kind = (format or "png").lower().replace("jpg", "jpeg")
    with Browser(program, time.monotonic() + MAX_EXPORT_S) as browser:
        drawn = browser.draw(data, width or own_width, height or own_height, kind, scale or 1)
    if isinstance(drawn, str):
        raise ValueError(drawn)  # noqa: TRY004  # what plotly raises for a figure it cannot draw
    return drawn
