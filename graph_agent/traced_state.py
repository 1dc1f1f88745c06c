"""What a trace may hold of the state: no more than the model is told at the same level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph_agent.privacy import strictest
from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_OUTCOME_CHARS,
    MAX_OUTPUT_CHARS,
    MAX_VARIABLES_CHARS,
    clip,
)
from graph_agent.prompts.outcomes import outcome_text, without_findings
from graph_agent.prompts.variables import variables_text
from graph_agent.records import Analysis, Attempt, Json, PrivacyLevel
from sandbox.store import is_bundle

__all__ = ["permitted_state"]

UNREADABLE = "(left out: it could not be read)"


def permitted_state(state: object, level: PrivacyLevel) -> Json:
    """Return what of a state, or of an update to one, may leave at this level.

    Channels that are not known here are left out, and so is what cannot be read.
    """
    if not isinstance(state, Mapping):
        return {}
    level = strictest([level, state.get("privacy")])
    return {
        key: _permitted(view, state[key], level)
        for key, view in VIEWS.items()
        if state.get(key) is not None
    }


def _permitted(view: Callable[[Any, PrivacyLevel], object], value: object, level: Any) -> object:
    try:
        return view(value, level)
    except Exception:
        # Input of any shape comes by here before a node looks at it.
        return UNREADABLE


def _as_it_is(value: object, _: PrivacyLevel) -> object:
    return value


def _code(code: str, _: PrivacyLevel) -> str:
    return clip(code, MAX_CODE_CHARS)


def _variables(bundle: Json, _: PrivacyLevel) -> list[str]:
    """Name the variables: a hash of its bytes tells a small value."""
    if not is_bundle(bundle):
        return sorted(bundle)
    return [one["name"] for one in bundle["variables"]]


def _files(files: list[Json], _: PrivacyLevel) -> list[str]:
    return [one["name"] for one in files]


def _summaries(summaries: list[Json], level: PrivacyLevel) -> str:
    told = [
        one if strictest([level, one.get("level")]) == one.get("level") else _by_type(one)
        for one in summaries
    ]
    return variables_text({"summaries": told}, MAX_VARIABLES_CHARS)


def _by_type(summary: Json) -> Json:
    return {**summary, "text": f"{summary['name']} ({summary['type']})"}


def _attempts(attempts: list[Json], level: PrivacyLevel) -> list[Json]:
    return [_attempt(Attempt.model_validate(one), level) for one in attempts]


def _attempt(attempt: Attempt, level: PrivacyLevel) -> Json:
    told: Json = {"number": attempt.number, "code": _code(attempt.code, level)}
    if attempt.problem:
        told["problem"] = attempt.problem
    if attempt.review is not None:
        told["review"] = attempt.review.to_state()
    if attempt.execution is not None:
        told["execution"] = outcome_text(attempt.execution, {"privacy": level}, MAX_OUTCOME_CHARS)
        told["duration_s"] = attempt.execution.duration_s
    if attempt.analysis is not None:
        told["analysis"] = _analysis(attempt.analysis, attempt, level)
    return told


def _analysis(analysis: Analysis, attempt: Attempt, level: PrivacyLevel) -> Json:
    # What was never run has no data to quote.
    open_ = level == "sample" or attempt.execution is None
    texts = {"explanation": analysis.explanation, "plan": analysis.plan}
    return {
        "success": analysis.success,
        "should_retry": analysis.should_retry,
        "findings": [
            clip(f"{one.rule}: {one.message}" if open_ else one.rule, MAX_OUTPUT_CHARS)
            for one in analysis.findings
        ],
        **{
            name: clip(text if open_ else without_findings(text, analysis), MAX_OUTPUT_CHARS)
            for name, text in texts.items()
        },
    }


VIEWS: Mapping[str, Callable[[Any, PrivacyLevel], object]] = {
    "request": _as_it_is,
    "variables": _variables,
    "summaries": _summaries,
    "checks": _code,
    "returns": _as_it_is,
    "max_attempts": _as_it_is,
    "budget": _as_it_is,
    "privacy": _as_it_is,
    "approve": _as_it_is,
    "skip_rules": _as_it_is,
    "setup": _as_it_is,
    "files": _files,
    "attempts": _attempts,
    "usage": _as_it_is,
    "decision": _as_it_is,
    "success": _as_it_is,
    "code": _code,
    "stopped_by": _as_it_is,
    "spent_s": _as_it_is,
}
"""Channel of the state → what of it may leave."""
