"""Rules on how a run ended and what it left."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nodes.rules.rule import Evidence

__all__ = [
    "asks_for_figure",
    "checks",
    "empty_result",
    "missing_return",
    "no_figure",
    "outcome",
]

_NOUNS = (
    r"(?:plots?|charts?|figures?|heat ?maps?|histograms?|scatter(?: ?plots?)?|box ?plots?"
    r"|visuali[sz]ations?|diagrams?)"
)
_FIGURE_WORDS = re.compile(rf"\b(?:{_NOUNS}|visuali[sz]e[ds]?|draw)\b", re.IGNORECASE)
_NO_FIGURE_WORDS = re.compile(
    r"\b(?:no|without|don'?t|do not|not|never)\s+(?:\w+\s+){0,2}?"
    rf"(?:(?:draw|visuali[sz]|plott?)\w*(?:\s+\w+)?\s+{_NOUNS}|{_NOUNS}|(?:draw|visuali[sz])\w*)\b",
    re.IGNORECASE,
)
"""A request that names a picture only to decline it."""


def outcome(evidence: Evidence) -> Iterator[str]:
    """The run did not end well."""
    if evidence.ended_well:
        return
    execution = evidence.execution
    error = execution.error
    if error is None:
        yield f"The run ended with {execution.outcome}: {execution.detail}"
        return
    where = f" in line {error.line}" if error.line else ""
    yield f"The code raised {error.name}{where}: {error.message}"


def checks(evidence: Evidence) -> Iterator[str]:
    """The request's own checks failed."""
    error = evidence.execution.check_error
    if error is not None:
        said = f"{error.name}: {error.message}" if error.message else error.name
        line = f" in line {error.line} of the checks" if error.line else ""
        yield f"A check of the request failed{line} ({said})"


def missing_return(evidence: Evidence) -> Iterator[str]:
    """A variable the request asked for did not come back."""
    if not evidence.ended_well:
        return
    there = {one.name for one in evidence.execution.variables}
    for name in evidence.returns:
        if name not in there:
            why = evidence.execution.withheld.get(name, "it is not there")
            yield f"The variable {name!r} did not come back: {why}"


def no_figure(evidence: Evidence) -> Iterator[str]:
    """A figure was asked for and none was made."""
    made = evidence.execution.figures
    if evidence.ended_well and not made and asks_for_figure(evidence.request):
        yield "A figure was asked for and none was made."


def empty_result(evidence: Evidence) -> Iterator[str]:
    """The code left nothing at all behind."""
    execution = evidence.execution
    left = (
        execution.variables,
        execution.figures,
        execution.stdout.strip(),
        execution.display_text,
        execution.withheld,
    )
    if evidence.ended_well and not any(left):
        yield "The code left no variable, no figure and no output."


def asks_for_figure(request: str) -> bool:
    """Whether a request asks for a picture."""
    return bool(_FIGURE_WORDS.search(_NO_FIGURE_WORDS.sub(" ", request)))
