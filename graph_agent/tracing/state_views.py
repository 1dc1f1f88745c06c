"""What a trace may hold of the state: no more than the model sees at the same level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph_agent.chat.asked import words_of
from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_OUTCOME_CHARS,
    MAX_OUTPUT_CHARS,
    MAX_VARIABLES_CHARS,
    clip,
)
from graph_agent.prompts.conversation import told_requests
from graph_agent.prompts.outcomes import outcome_text, text_without_values
from graph_agent.prompts.task import variables_text
from graph_agent.records import Analysis, Attempt, Json, PrivacyLevel, strictest
from graph_agent.state import AgentState
from sandbox.variables.bundle import StoredResult, VariableBundle
from sandbox.variables.composing import names_of, parts_of

__all__ = ["permitted_state"]

UNREADABLE = "(left out: it could not be read)"


def permitted_state(state: object, level: PrivacyLevel) -> Json:
    """Return what may be sent of a state, or of an update to one, at this level.

    Leaves out unknown channels, and replaces what can't be read.
    """
    if not isinstance(state, Mapping):
        return {}
    level = strictest([level, state.get("privacy")])
    given = {key: value for key, value in state.items() if value is not None}
    return {
        **{key: value for key, value in given.items() if key in UNCHANGED},
        **{key: _permitted(view, given[key], level) for key, view in VIEWS.items() if key in given},
    }


def _permitted(view: Callable[[Any, PrivacyLevel], object], value: object, level: Any) -> object:
    try:
        return view(value, level)
    except Exception:  # input can have any shape before a node has checked it
        return UNREADABLE


def _code(code: str, _: PrivacyLevel) -> str:
    return clip(code, MAX_CODE_CHARS)


def _earlier(earlier: list[Json], level: PrivacyLevel) -> list[Json]:
    told = told_requests({"earlier": earlier, "privacy": level})
    return [each.to_state() for each in told]


def _variables(bundle: Json, level: PrivacyLevel) -> list[str]:
    """Name the variables: the hash of a small value would reveal it."""
    parts = parts_of(VariableBundle.from_json(bundle)) if bundle else ()
    # Code named the results of earlier runs.
    named = [part for part in parts if level == "sample" or not isinstance(part, StoredResult)]
    return list(dict.fromkeys(name for part in named for name in names_of(part)))


def _files(files: list[Json], _: PrivacyLevel) -> list[str]:
    return [file["name"] for file in files]


def _summaries(summaries: list[Json], level: PrivacyLevel) -> str:
    def permitted(summary: Json) -> Json:
        made_at = summary.get("level")
        if strictest([level, made_at]) == made_at:
            return summary
        return {**summary, "text": f"{summary['name']} ({summary['type']})"}

    named = [each for each in summaries if level == "sample" or not each.get("earlier_result")]
    return variables_text({"summaries": [*map(permitted, named)]}, MAX_VARIABLES_CHARS)


def _attempts(attempts: list[Json], level: PrivacyLevel) -> list[Json]:
    return [_attempt(Attempt.model_validate(attempt), level) for attempt in attempts]


def _attempt(attempt: Attempt, level: PrivacyLevel) -> Json:
    view: Json = {"number": attempt.number, "code": _code(attempt.code, level)}
    if attempt.problem:
        view["problem"] = attempt.problem
    if attempt.review is not None:
        view["review"] = attempt.review.to_state()
    if attempt.execution is not None:
        # Its own code is all that is known here: names in the request are told to the model only.
        known: AgentState = {"privacy": level, "attempts": [attempt.to_state()]}
        view["execution"] = outcome_text(attempt.execution, known, MAX_OUTCOME_CHARS)
        view["duration_s"] = attempt.execution.duration_s
    if attempt.analysis is not None:
        # The analysis of code that never ran can't quote values.
        with_values = level == "sample" or attempt.execution is None
        view["analysis"] = _analysis(attempt.analysis, attempt, with_values)
    return view


def _reason(reason: str, level: PrivacyLevel) -> str:
    # It may quote an error's message, which may quote a value.
    return reason if level == "sample" else "not shown at this privacy level"


def _analysis(analysis: Analysis, attempt: Attempt, with_values: bool) -> Json:
    def text(written: str) -> str:
        shown = written if with_values else text_without_values(written, attempt, {})
        return clip(shown, MAX_OUTPUT_CHARS)

    return {
        "success": analysis.success,
        "should_retry": analysis.should_retry,
        "findings": [
            clip(f"{finding.rule}: {finding.message}", MAX_OUTPUT_CHARS)
            if with_values
            else finding.rule
            for finding in analysis.findings
        ],
        "explanation": text(analysis.explanation),
        "plan": text(analysis.plan),
    }


def _messages(messages: Any, _: PrivacyLevel) -> list[str]:
    """Show what people asked; the answers are among the attempts, and files would be values."""
    given = messages if isinstance(messages, list) else [messages]
    words = map(words_of, given)
    return ["(left out)" if text is None else clip(text, MAX_OUTPUT_CHARS) for text in words]


def _chat(chat: Json, _: PrivacyLevel) -> Json:
    """Name the messages; the hash of a small value would reveal it."""
    return {name: chat.get(name) for name in ("seen", "reply")}


UNCHANGED = frozenset(
    {
        *("request", "returns", "return_types", "max_attempts", "candidates", "budget"),
        *("privacy", "approve", "skip_rules", "setup", "usage", "decision", "success"),
        *("stopped_by", "spent_s"),
        "notes",  # names of files and columns, which every level shows
    }
)
"""Channels without any of the user's values."""

VIEWS: Mapping[str, Callable[[Any, PrivacyLevel], object]] = {
    "variables": _variables,
    "summaries": _summaries,
    "checks": _code,
    "files": _files,
    "attempts": _attempts,
    "code": _code,
    "earlier": _earlier,
    "reason": _reason,
    "messages": _messages,
    "chat": _chat,
}
"""The other channels, and what may be sent of each."""
