"""The figure formats that cross from the container to the host, and the size of a plotly figure."""

from __future__ import annotations

from typing import Any

PNG = "image/png"
JPEG = "image/jpeg"
PLOTLY = "application/vnd.plotly.v1+json"

PLOTLY_SIZE = (700, 500)
"""What plotly draws when the layout gives no size, in pixels."""
MAX_SIDE_PIXELS = 100_000


def plotly_size(layout: dict[str, Any]) -> tuple[int, int]:
    """Return the width and height of a plotly figure in pixels, from its layout."""
    width, height = PLOTLY_SIZE
    return _side(layout.get("width"), width), _side(layout.get("height"), height)


def _side(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return int(value) if 1 <= value <= MAX_SIDE_PIXELS else default
