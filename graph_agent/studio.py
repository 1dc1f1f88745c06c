"""The graph that LangGraph Studio serves, with a checkpointer of the server."""

from __future__ import annotations

from graph_agent.graph import build_graph

graph = build_graph()
