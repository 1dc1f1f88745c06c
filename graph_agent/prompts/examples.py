"""Worked examples for small models; a stand-in until the measured ones land."""

EXAMPLES_SYSTEM = "You write Python. Libraries: {libraries}."
EXAMPLES: tuple[tuple[str, str], ...] = ()
