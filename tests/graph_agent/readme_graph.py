"""The drawing of the graph in README.md and the docs, made by LangGraph from the graph itself.

``python -m tests.graph_agent.readme_graph`` updates it.
"""

from __future__ import annotations

import re
from pathlib import Path

from graph_agent import build_graph

PAGES = [Path(__file__).parents[2] / page for page in ("README.md", "docs/how-it-works.md")]
_BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```\n)", re.DOTALL)


def drawn() -> str:
    """Draw the graph that is served, invoked and resumed."""
    return build_graph().get_graph().draw_mermaid().expandtabs(4)


def shown(text: str) -> str:
    """Return the drawing in a page."""
    (block,) = _BLOCK.findall(text)
    return str(block)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(_BLOCK.sub(lambda _: drawn(), page.read_text("utf-8")), "utf-8")
