"""Plotly figures come back as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.runner.shared.figures import PLOTLY
from tests.sandbox.runner.figures.pictured import run
from tests.sandbox.runner.program import LIMITS


def test_plotly_is_shown_saved_displayed_or_left(tmp_path: Path) -> None:
    code = """
import plotly.express as px, plotly.graph_objects as go, plotly.io as pio
def titled(title):
    return px.bar(x=["a", "b"], y=[1, float("nan")], title=title)
titled("shown").show()
titled("saved").write_html("a.html")
pio.show({"data": [{"type": "bar", "y": [1]}], "layout": {"title": {"text": "plain"}}})
left = titled("left")
_private = titled("private")
fig = titled("final"); fig.update_layout(width=300, height=200)
same = fig
fig.show()
empty = go.Figure()
fig
"""
    done = run(tmp_path, code, limits={**LIMITS, "max_figures": 9})
    titles = [json.loads(data)["layout"]["title"]["text"] for data in done.pictures]
    assert titles == ["shown", "saved", "plain", "final", "left"]
    assert set(done.mimes) == {PLOTLY}
    assert done.error is None
    assert done.notes == []


def test_pandas_with_plotly(tmp_path: Path) -> None:
    code = "import pandas as pd; pd.options.plotting.backend = 'plotly'\n"
    done = run(tmp_path, code + "pd.Series([1, 2]).plot()")
    assert done.mimes == [PLOTLY]
