"""The graph LangGraph Studio serves; the server brings its own checkpointer."""

from __future__ import annotations

from graph_agent.graph import build_graph

graph = build_graph()
