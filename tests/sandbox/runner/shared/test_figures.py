"""The size of a plotly figure, the same at both ends."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.runner.shared.figures import plotly_size


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        ({}, (700, 500)),
        ({"width": 10.5}, (10, 500)),
        ({"width": 100_001, "height": 1}, (700, 1)),
        ({"height": "9", "width": -1}, (700, 500)),
        ({"height": True, "width": 1e300}, (700, 500)),
    ],
)
def test_plotly_size(layout: dict[str, Any], size: tuple[int, int]) -> None:
    assert plotly_size(layout) == size
