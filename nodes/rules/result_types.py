"""Rules on the types of results: those that were asked for, and those that the words imply."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nodes.rules.execution import results
from nodes.rules.rule import Evidence

__all__ = ["unlikely_type", "wrong_type"]

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


def wrong_type(evidence: Evidence) -> Iterator[str]:
    """A variable isn't of the type that the request gives it."""
    for variable in evidence.execution.variables:
        if evidence.ended_well and variable.mismatch:
            yield f"The variable {variable.name!r} {variable.mismatch}"


def unlikely_type(evidence: Evidence) -> Iterator[str]:
    """The only result has a type that doesn't fit how the request asks for it."""
    if not evidence.ended_well or evidence.view.state.get("return_types"):
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
