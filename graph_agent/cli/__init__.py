"""The command ``codegen-agent``."""

from graph_agent.cli.app import main

__all__ = ["main"]
