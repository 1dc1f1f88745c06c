"""What can be said of an attempt without a model. Each rule has a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from graph_agent.records import Attempt, ExecutionRecord, Finding
from graph_agent.state import AgentState

_NOUNS = (
    r"(?:plots?|charts?|figures?|heat ?maps?|histograms?|scatter(?: ?plots?)?|box ?plots?"
    r"|visuali[sz]ations?|diagrams?)"
)
FIGURE_WORDS = re.compile(rf"\b(?:{_NOUNS}|visuali[sz]e[ds]?|draw)\b", re.IGNORECASE)
NO_FIGURE_WORDS = re.compile(
    r"\b(?:no|without|don'?t|do not|not|never)\s+(?:\w+\s+){0,2}?"
    rf"(?:(?:draw|visuali[sz]|plott?)\w*(?:\s+\w+)?\s+{_NOUNS}|{_NOUNS}|(?:draw|visuali[sz])\w*)\b",
    re.IGNORECASE,
)
"""A request that names a picture only to decline it."""


def find(attempt: Attempt, state: AgentState) -> list[Finding]:
    """Apply every rule; the order is that of how much each explains."""
    if attempt.execution is None:
        problem = attempt.problem or "the code was not run"
        return [Finding(rule="not_run", message=_sentence(problem), decisive=True)]
    return [one for rule in RULES for one in rule(attempt.execution, state)]


def outcome(execution: ExecutionRecord, _: AgentState) -> Iterator[Finding]:
    """The run did not end well."""
    if execution.outcome == "ok":
        return
    error = execution.error
    if error is not None:
        where = f" in line {error.line}" if error.line else ""
        message = f"The code raised {error.name}{where}: {error.message}"
    else:
        message = f"The run ended with {execution.outcome}: {execution.detail}"
    yield Finding(rule="outcome", message=_sentence(message), decisive=True)


def checks(execution: ExecutionRecord, _: AgentState) -> Iterator[Finding]:
    """The request's own checks failed."""
    error = execution.check_error
    if error is not None:
        said = f"{error.name}: {error.message}" if error.message else error.name
        line = f" in line {error.line} of the checks" if error.line else ""
        message = _sentence(f"A check of the request failed{line} ({said})")
        yield Finding(rule="checks", message=message, decisive=True)


def missing_return(execution: ExecutionRecord, state: AgentState) -> Iterator[Finding]:
    """A variable the request asked for did not come back."""
    if execution.outcome != "ok":
        return
    there = {one.name for one in execution.variables}
    for name in state.get("returns") or []:
        if name not in there:
            why = execution.withheld.get(name, "it is not there")
            message = _sentence(f"The variable {name!r} did not come back: {why}")
            yield Finding(rule="missing_return", message=message, decisive=True)


def no_figure(execution: ExecutionRecord, state: AgentState) -> Iterator[Finding]:
    """A figure was asked for and none was made."""
    if execution.outcome == "ok" and not execution.figures and asks_for_figure(state["request"]):
        message = "A figure was asked for and none was made."
        yield Finding(rule="no_figure", message=message, decisive=True)


def empty_result(execution: ExecutionRecord, _: AgentState) -> Iterator[Finding]:
    """The code left nothing at all behind."""
    if execution.outcome != "ok":
        return
    left = (
        execution.variables,
        execution.figures,
        execution.stdout.strip(),
        execution.display_text,
        execution.withheld,
    )
    if not any(left):
        message = "The code left no variable, no figure and no output."
        yield Finding(rule="empty_result", message=message, decisive=True)


RULES: tuple[Callable[[ExecutionRecord, AgentState], Iterator[Finding]], ...] = (
    outcome,
    checks,
    missing_return,
    no_figure,
    empty_result,
)


def asks_for_figure(request: str) -> bool:
    """Whether a request asks for a picture."""
    return bool(FIGURE_WORDS.search(NO_FIGURE_WORDS.sub(" ", request)))


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
