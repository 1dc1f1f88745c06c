"""Outward: what a container returns, read as hostile input."""
