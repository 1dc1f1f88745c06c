"""The graph that langgraph.json names; tests of a real server are in ``studio/``."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

REPO = Path(__file__).parents[2]


def test_the_served_graph_has_no_checkpointer() -> None:
    # With one, `langgraph dev` fails at start-up.
    path, _, name = json.loads((REPO / "langgraph.json").read_text())["graphs"][
        "codegen-agent"
    ].partition(":")
    module = importlib.import_module(Path(path).with_suffix("").as_posix().replace("/", "."))
    graph = getattr(module, name)
    assert graph.checkpointer is None
    assert {"generate", "execute", "analyze", "decide"} < set(graph.nodes)
