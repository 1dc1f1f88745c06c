"""The part of a prompt that tells what happened in an attempt.

What leaves this module obeys the request's privacy level: below ``sample`` no
text that the code produced is shown, for it may hold rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_ERROR_CHARS,
    MAX_NAMES_CHARS,
    MAX_OUTCOME_CHARS,
    MAX_OUTPUT_CHARS,
    MIN_OUTCOME_CHARS,
    Part,
    clip,
    fit,
    text_part,
)
from graph_agent.prompts.lists import described, first_line, listed
from graph_agent.records import Analysis, Attempt, ErrorRecord, ExecutionRecord
from graph_agent.state import AgentState

MAX_MESSAGE_CHARS = 1_000
MAX_DETAIL_CHARS = 500
MAX_REASON_CHARS = 300
MAX_RETURNED_CHARS = 8_000
"""Of all returned variables: four or five frames."""


def shows_values(state: AgentState) -> bool:
    """Whether the request lets the model see values."""
    return (state.get("privacy") or "sample") == "sample"


def code_text(attempt: Attempt, max_chars: int = MAX_CODE_CHARS) -> str:
    """Give an attempt's code; of one too long, the line that failed is kept."""
    execution = attempt.execution
    line = execution.error.line if execution is not None and execution.error is not None else None
    if line is None or len(attempt.code) <= max_chars:
        return clip(attempt.code, max_chars)
    before = attempt.code.split("\n", line - 1)[: line - 1] if line > 0 else []
    return clip(attempt.code, max_chars, keep=sum(len(one) + 1 for one in before))


def outcome_text(execution: ExecutionRecord, state: AgentState, max_chars: int) -> str:
    """Tell what a run did, as far as the privacy level allows."""
    return fit(list(_outcome_parts(execution, state)), max_chars, "\n")


def _outcome_parts(execution: ExecutionRecord, state: AgentState) -> Iterator[Part]:
    open_ = shows_values(state)
    detail = clip(execution.detail, MAX_DETAIL_CHARS) if open_ else ""
    yield text_part(f"Outcome: {execution.outcome}{f' ({detail})' if detail else ''}", 0, 600)
    for label, error in (("Error", execution.error), ("Failed check", execution.check_error)):
        if error is not None:
            yield Part(_error_text(label, error, open_), 1, MAX_ERROR_CHARS, 500)
    for label, text in (("stdout", execution.stdout), ("stderr", execution.stderr)):
        if text and not text.isspace():
            shown = text if open_ else f"({len(text)} characters)"
            yield text_part(shown, 3, MAX_OUTPUT_CHARS, label=f"{label}:\n")
    if execution.variables:
        yield Part(_returned_text(execution, state), 4, MAX_RETURNED_CHARS)
    if execution.withheld:
        yield Part(_withheld_text(execution, open_), 5, MAX_NAMES_CHARS)
    if execution.display_text and open_:
        yield text_part(execution.display_text, 3, 1_000, label="Value of the last expression:\n")
    figures = execution.figures
    sizes = listed([f"{one.width}×{one.height}" for one in figures], 300)
    yield text_part(f"Figures: {len(figures)}{f' ({sizes} pixels)' if sizes else ''}", 0, 400)


def _error_text(label: str, error: ErrorRecord, open_: bool) -> Callable[[int], str]:
    """Tell name, line and message before the traceback, which may be cut where they stand in it."""
    at_line = f" in line {error.line}" if error.line else ""
    name = clip(error.name, MAX_REASON_CHARS)

    def render(max_chars: int) -> str:
        if not open_:
            return f"{label}:\n{name}{at_line}"
        if len(error.traceback) + len(label) + 2 <= max_chars:
            return f"{label}:\n{error.traceback.rstrip() or f'{name}{at_line}: {error.message}'}"
        message = clip(error.message, min(MAX_MESSAGE_CHARS, max_chars // 2))
        head = f"{label}:\n{name}{at_line}: {message}\nTraceback:\n"
        return clip(head + clip(error.traceback, max(0, max_chars - len(head))), max_chars)

    return render


def _returned_text(execution: ExecutionRecord, state: AgentState) -> Callable[[int], str]:
    texts = [clip(one.summary, MAX_OUTPUT_CHARS) for one in execution.variables]
    lines = [first_line(one) for one in texts]
    wanted = set(state.get("returns") or ())
    first = {index for index, one in enumerate(execution.variables) if one.name in wanted}
    return lambda max_chars: described(texts, lines, first, max_chars, "\n")


def _withheld_text(execution: ExecutionRecord, open_: bool) -> Callable[[int], str]:
    lines = []
    for name, why in execution.withheld.items():
        shown = clip(why, MAX_REASON_CHARS) if open_ else why.partition(":")[0]
        lines.append(f"{name}: not returned ({clip(shown, MAX_REASON_CHARS)})")
    return lambda max_chars: listed(lines, max_chars, "\n")


def problem_parts(attempt: Attempt, state: AgentState) -> Iterator[Part]:
    """Tell what was wrong with an attempt and what is planned."""
    execution, analysis = attempt.execution, attempt.analysis
    if not attempt.problem and (said := review_text(attempt)):
        yield text_part(said, 1, MAX_OUTPUT_CHARS)
    if attempt.problem:
        yield text_part(f"It was not run: {attempt.problem}.", 1, MAX_OUTPUT_CHARS)
    if execution is not None:
        yield Part(
            lambda most: outcome_text(execution, state, most),
            5,
            MAX_OUTCOME_CHARS,
            MIN_OUTCOME_CHARS,
        )
    if analysis is not None and analysis.plan:
        if shows_values(state) or execution is None:
            yield text_part(analysis.explanation, 8, MAX_OUTPUT_CHARS, label="Analysis: ")
        plan = analysis.plan
        if not shows_values(state) and execution is not None:
            plan = without_findings(plan, analysis)
        yield text_part(plan, 4, MAX_OUTPUT_CHARS, label="Plan: ")


def review_text(attempt: Attempt) -> str:
    """Tell what a person said of the code before it ran; empty where nobody said anything."""
    review = attempt.review
    if review is None or (review.decision == "approve" and not review.words):
        return ""
    return clip(review.text, MAX_OUTPUT_CHARS)


def without_findings(text: str, analysis: Analysis) -> str:
    """Name the rules in an analysis's text instead of their messages, which may quote values."""
    for one in analysis.findings:
        if one.message:
            text = text.replace(one.message, f"what the rule {one.rule!r} found.")
    return text
