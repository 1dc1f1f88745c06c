"""Finds a suite by name or folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from graph_agent.errors import RequestError
from graph_agent.evaluation.suite import Suite
from graph_agent.evaluation.suites.databench import QUESTIONS_FILE, databench
from graph_agent.evaluation.suites.folder import SUITE_FILES, suite_in
from graph_agent.evaluation.suites.published import dataframebench, humaneval

__all__ = ["SUITES", "load_suite"]

EVERYDAY = Path(__file__).with_name("everyday")
SUITES: dict[str, Callable[[], Suite]] = {
    "everyday": lambda: suite_in(EVERYDAY),
    "humaneval": humaneval,
    "dataframebench": dataframebench,
}
"""The suites that have a name."""


def load_suite(name: str | Path, *, full: bool = False) -> Suite:
    """Return a suite by its name, or the one in a folder; ``databench:FOLDER`` names the layout.

    ``full``: ask DataBench's questions about whole tables instead of samples.

    Raises:
        RequestError: there is no such suite, or it is unusable.
    """
    if isinstance(name, str) and name in SUITES:
        return SUITES[name]()
    kind, colon, path = str(name).partition(":")
    if colon and kind == "databench":
        return databench(Path(path).expanduser(), full=full)
    folder = Path(name).expanduser()
    if any((folder / file).is_file() for file in SUITE_FILES):
        return suite_in(folder)
    if (folder / QUESTIONS_FILE).is_file():
        return databench(folder, full=full)
    raise RequestError(
        f"there is no suite {str(name)!r}; give {', '.join(SUITES)}, or a folder with"
        f" {' or '.join(SUITE_FILES)}, or with {QUESTIONS_FILE} (DataBench's layout)"
    )
