"""Rules on how a run ended, what it left, and whether its results have the right types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graph_agent.records import Attempt, ValueReference
from nodes.rules.drawing import draws_sometimes
from nodes.rules.figure_requests import FIGURE_ROOTS, asks_for_figure, mentions_figure
from nodes.rules.rule import Evidence

__all__ = [
    "blank_answer",
    "blank_figure",
    "blank_result",
    "checks",
    "empty_axes",
    "empty_result",
    "missing_return",
    "no_figure",
    "outcome",
    "perhaps_no_figure",
    "results",
    "unlikely_type",
    "wrong_type",
]

_BLANK_WANTED = re.compile(
    r"\b(?:blank|empty|solid|uniform|plain|single[- ]colou?r(?:ed)?)\b", re.IGNORECASE
)
_QUESTION = re.compile(r"(?:[^.?!\n]*[.!\n]\s*)*(?P<question>[^.?!\n]+)\?\s*$")
_YES_OR_NO = re.compile(
    r"\s*(?:(?:and|so|tell me|please|say|check|find out),?\s+(?:if\s+|whether\s+)?)?"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\s*(?:\w+\s+){0,3}?how many\b", re.IGNORECASE)
_PER = re.compile(r"\b(?:each|every|per|by|all)\b", re.IGNORECASE)
_LIST = re.compile(r"^\s*(?:please\s+)?(?:list|enumerate)\b", re.IGNORECASE)
_BOOLS = {"bool", "numpy.bool", "numpy.bool_", "bool_"}
_INTS = {"int", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_SCALARS = {"str", "float", "int", "float64", "float32", "NoneType", *_BOOLS, *_INTS}
_SAID = {"empty": "is empty", "all_missing": "contains only missing values"}


def outcome(evidence: Evidence) -> Iterator[str]:
    """The run failed."""
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
    """A variable the request asked for was not returned."""
    returned = {variable.name for variable in evidence.execution.variables}
    for name in evidence.returns:
        if name not in returned:
            why = evidence.execution.withheld.get(name, "the code didn't define it")
            yield f"The variable {name!r} was not returned: {why}"


def no_figure(evidence: Evidence) -> Iterator[str]:
    """A figure was clearly asked for and none was made."""
    if not _lacks_figure(evidence) or not asks_for_figure(evidence.request):
        return
    if not draws_sometimes(evidence.tree):
        yield "A figure was asked for and none was made."


def perhaps_no_figure(evidence: Evidence) -> Iterator[str]:
    """A word in the request may mean a figure, or the code draws only sometimes."""
    if not _lacks_figure(evidence) or not mentions_figure(evidence.request):
        return
    if not asks_for_figure(evidence.request):
        yield "A figure may have been asked for, and none was made."
    elif draws_sometimes(evidence.tree):
        yield "A figure was asked for, and the code that draws it did not run with these values."


def _lacks_figure(evidence: Evidence) -> bool:
    """Whether no figure was made, and the request has a word that may mean one."""
    return not evidence.execution.figures and bool(FIGURE_ROOTS.search(evidence.request))


def empty_result(evidence: Evidence) -> Iterator[str]:
    """The code left nothing at all behind."""
    execution = evidence.execution
    left = (
        execution.variables,
        execution.figures,
        execution.files,
        execution.stdout.strip(),
        execution.display_text,
        execution.withheld,
    )
    if not any(left):
        yield "The code left no variable, no figure, no file and no output."


def blank_result(evidence: Evidence) -> Iterator[str]:
    """A result is empty or all missing: one that was asked for, or the only one."""
    for result in results(evidence):
        if result.blank is not None:
            yield f"The result {result.name!r} {_SAID[result.blank]}."


def blank_answer(evidence: Evidence) -> Iterator[str]:
    """A typed result is blank, no earlier attempt found the same, and another may look again."""
    typed = evidence.view.state.get("return_types")
    if not typed or evidence.view.attempt_limit() is not None:
        return
    confirmed = {name for attempt in evidence.view.attempts[:-1] for name in _blanks_of(attempt)}
    for result in results(evidence):
        is_open = result.name in typed and result.name not in confirmed
        if is_open and result.blank is not None:
            yield (
                f"The result {result.name!r} {_SAID[result.blank]}. If that is right, give the"
                " same again; else see whether a filter removed every row"
            )


def _blanks_of(attempt: Attempt) -> Iterator[str]:
    variables = attempt.execution.variables if attempt.execution else []
    return (variable.name for variable in variables if variable.blank is not None)


def results(evidence: Evidence) -> list[ValueReference]:
    """List what was asked for; else the displayed value, else the only variable."""
    execution = evidence.execution
    if evidence.returns:
        return [value for value in execution.variables if value.name in evidence.returns]
    shown = execution.display
    if shown is not None:
        return [shown]
    # With several variables, a figure or a file, it isn't known which one is the result.
    alone = len(execution.variables) == 1 and not execution.figures and not execution.files
    return execution.variables if alone else []


def blank_figure(evidence: Evidence) -> Iterator[str]:
    """Nothing is drawn in any figure, and one was asked for."""
    blanks = _blanks(evidence)
    every = bool(blanks) and all(blank == "nothing" for blank in blanks)
    if every and asks_for_figure(evidence.request):
        yield "Nothing is drawn: the figure is blank."


def empty_axes(evidence: Evidence) -> Iterator[str]:
    """One figure of several is blank, or one has axes with nothing in any of them."""
    if next(blank_figure(evidence), None):
        return
    blanks = _blanks(evidence)
    for number, blank in enumerate(blanks, 1):
        if blank is not None:
            what = "is blank" if blank == "nothing" else "has axes with nothing in them"
            yield f"Figure {number} of {len(blanks)} {what}."


def _blanks(evidence: Evidence) -> list[str | None]:
    """Return how each figure is blank; nothing if the request asks for blank figures."""
    if _BLANK_WANTED.search(evidence.request):
        return []
    return [figure.blank for figure in evidence.execution.figures]


def wrong_type(evidence: Evidence) -> Iterator[str]:
    """A variable isn't of the type that the request gives it."""
    for variable in evidence.execution.variables:
        if variable.mismatch:
            yield f"The variable {variable.name!r} {variable.mismatch}"


def unlikely_type(evidence: Evidence) -> Iterator[str]:
    """The only result has a type that doesn't fit how the request asks for it."""
    if evidence.view.state.get("return_types"):
        return
    found = results(evidence)
    if len(found) != 1:
        return
    kind = found[0].type.removeprefix("numpy.")
    if kind in _SCALARS and (expected := _unlike(evidence.request, kind)):
        yield f"The request asks for {expected}, and {found[0].name!r} is of type {kind}."


def _unlike(request: str, kind: str) -> str:
    """Name what the words ask for if a result of this kind isn't that."""
    asked = _QUESTION.match(request.strip())
    question = asked["question"] if asked else ""
    if _YES_OR_NO.match(question) and kind not in _BOOLS:
        return "yes or no"
    if _HOW_MANY.match(question) and not _PER.search(question) and kind not in _INTS:
        return "a count"
    if _LIST.match(request):
        return "a list"
    return ""
