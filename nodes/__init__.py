"""The four nodes of the graph: generate, execute, analyze, decide.

Each is a function from state to update. What it needs besides is a keyword
argument, bound when the graph is built.
"""

CODEGEN_AGENT = True
"""Tells this package from another distribution's, or a user's folder, of the same name."""
