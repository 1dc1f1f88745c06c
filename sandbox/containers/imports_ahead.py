"""Which modules a prepared container imports ahead, learned from the runs before."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator

COMMON = ("numpy", "pandas")
"""What a first run most likely needs."""
PLOTTING = ("matplotlib", "matplotlib.pyplot", "scipy.stats", "seaborn")
"""What many need besides, in the order of use."""
LIBRARIES = (
    *COMMON,
    "pyarrow",
    *PLOTTING,
    "polars",
    "plotly.express",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "sklearn.ensemble",
    "statsmodels.api",
)
"""All that may be imported ahead. A fixed list: one run must not choose what another one's
container imports."""
RECENT = 8
"""How many runs are remembered."""
MAX_CODE_CHARS = 100_000
"""Parsing more would take longer than it saves."""


class ImportsAhead:
    """Remembers what recent runs needed, and says what the next container imports when.

    Anything imported in vain costs a core the time in which it would have prepared another
    container, so what most of the recent runs used comes first, and the rest only while the
    container has nothing else to do.
    """

    def __init__(self) -> None:
        self._recent: deque[frozenset[str]] = deque(maxlen=RECENT)

    def note(self, code: str, sent: Iterable[str] = ()) -> None:
        """Note what a run's code imports; ``sent``: the modules of its variables' classes."""
        self._recent.append(frozenset(_imported(code, sent)))

    def plan(self) -> str:
        """Return the modules for :mod:`sandbox.runner.preparation`: at once, ``;``, if it waits."""
        recent = list(self._recent)
        first = [
            name for name in LIBRARIES if 2 * sum(name in used for used in recent) > len(recent)
        ]
        if not recent:
            first = list(COMMON)
        known = {name for used in recent for name in used} | {*COMMON, *PLOTTING}
        later = [name for name in LIBRARIES if name in known and name not in first]
        return f"{','.join(first)};{','.join(later)}"


def _imported(code: str, sent: Iterable[str]) -> Iterator[str]:
    named = {*_named(code), *sent}
    return (
        library
        for library in LIBRARIES
        if any(name == library or name.startswith(f"{library}.") for name in named)
    )


def _named(code: str) -> Iterator[str]:
    """Name what the import statements of some code may load."""
    if len(code) > MAX_CODE_CHARS:
        return
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the run will say so
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
