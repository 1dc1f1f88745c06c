"""The command ``codegen-agent``."""

from graph_agent.cli.entry import command, main

__all__ = ["command", "main"]
