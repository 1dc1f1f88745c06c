"""The four nodes of the graph: generate, execute, analyze, decide.

Each is a function from state to update. What else it needs is a keyword argument,
bound when the graph is built.
"""

CODEGEN_AGENT = True
"""Distinguishes this package from another distribution, or a user's folder, of this name."""
