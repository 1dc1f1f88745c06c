"""Rules on results that say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graph_agent.records import ValueReference
from nodes.rules.rule import Evidence
from nodes.rules.runs import asks_for_figure

__all__ = ["blank_figure", "blank_result", "empty_axes"]

_BLANK_WANTED = re.compile(
    r"\b(?:blank|empty|solid|uniform|plain|single[- ]colou?r(?:ed)?)\b", re.IGNORECASE
)
_SAID = {"empty": "is empty", "all_missing": "holds nothing but missing values"}


def blank_result(evidence: Evidence) -> Iterator[str]:
    """A result is empty or all missing: one that was asked for, or the only one."""
    if not evidence.ended_well:
        return
    for one in _results(evidence):
        if one.blank is not None:
            yield f"The result {one.name!r} {_SAID[one.blank]}."


def _results(evidence: Evidence) -> list[ValueReference]:
    """List what was asked for; else what is there, if it is one thing."""
    execution = evidence.execution
    if evidence.returns:
        return [one for one in execution.variables if one.name in evidence.returns]
    shown = execution.display
    if shown is not None:
        return [shown]
    # Lists of colours and the like lie beside a result: with several, it is not known which.
    alone = len(execution.variables) == 1 and not execution.figures
    return execution.variables if alone else []


def blank_figure(evidence: Evidence) -> Iterator[str]:
    """Nothing is drawn in any figure, and one was asked for."""
    blanks = _blanks(evidence)
    every = bool(blanks) and all(one == "nothing" for one in blanks)
    if every and asks_for_figure(evidence.request):
        yield "Nothing is drawn: the figure is blank."


def empty_axes(evidence: Evidence) -> Iterator[str]:
    """A figure is blank beside others, or has axes and nothing inside any of them."""
    if next(blank_figure(evidence), None):
        return
    blanks = _blanks(evidence)
    for number, blank in enumerate(blanks, 1):
        if blank is not None:
            what = "is blank" if blank == "nothing" else "has axes with nothing in them"
            yield f"Figure {number} of {len(blanks)} {what}."


def _blanks(evidence: Evidence) -> list[str | None]:
    """Tell of each figure how it is blank; of none where the request wants it so."""
    if not evidence.ended_well or _BLANK_WANTED.search(evidence.request):
        return []
    return [one.blank for one in evidence.execution.figures]
