"""Showing a run while it works: one area of a notebook, or lines in a terminal."""
