"""README shows the graph as it is."""

from __future__ import annotations

from tests.graph_agent.readme_graph import README, drawn, shown


def test_the_drawing_is_current() -> None:
    again = "draw it again: python -m tests.graph_agent.readme_graph"
    assert shown(README.read_text("utf-8")) == drawn(), again
