"""The drawing of the graph in README.md, by LangGraph from the graph itself.

``python -m tests.graph_agent.readme_graph`` puts the present one there.
"""

from __future__ import annotations

import re
from pathlib import Path

from graph_agent import build_graph

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```\n)", re.DOTALL)


def drawn() -> str:
    """Draw the graph that is served, invoked and resumed."""
    return build_graph().get_graph().draw_mermaid().expandtabs(4)


def shown(text: str) -> str:
    """Return the one drawing a page shows."""
    (block,) = _BLOCK.findall(text)
    return str(block)


if __name__ == "__main__":
    README.write_text(_BLOCK.sub(lambda _: drawn(), README.read_text("utf-8")), "utf-8")
