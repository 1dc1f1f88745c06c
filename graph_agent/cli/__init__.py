"""The command ``codegen-agent``."""

from graph_agent.cli.entry import main

__all__ = ["main"]
