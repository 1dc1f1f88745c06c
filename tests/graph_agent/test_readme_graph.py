"""README shows the current graph."""

from __future__ import annotations

from tests.graph_agent.readme_graph import PAGES, drawn, shown


def test_the_drawing_is_current() -> None:
    fix = "update it: python -m tests.graph_agent.readme_graph"
    for page in PAGES:
        assert shown(page.read_text("utf-8")) == drawn(), fix
