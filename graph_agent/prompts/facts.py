"""The parts of a prompt that tell facts: variables, libraries, what happened.

What leaves this module obeys the request's privacy level: below ``sample`` no
text that the code produced is shown, for it may hold rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph_agent.records import Analysis, Attempt, ExecutionRecord
from graph_agent.state import AgentState

MAX_OUTPUT_CHARS = 2_000
MAX_CODE_CHARS = 12_000
MAX_VARIABLES_CHARS = 24_000
NAMED_LIBRARIES = (
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "matplotlib",
    "seaborn",
    "plotly",
    "polars",
    "openpyxl",
)


def variables_text(state: AgentState) -> str:
    """Describe every given variable, and name those that could not be given."""
    summaries = state.get("summaries") or []
    unsendable = (state.get("variables") or {}).get("unsendable", {})
    if not summaries and not unsendable:
        return "There are no variables; everything needed is in the request."
    parts, used = [], 0
    for position, summary in enumerate(summaries):
        text = summary["text"]
        if used + len(text) > MAX_VARIABLES_CHARS:
            rest = ", ".join(f"{one['name']} ({one['type']})" for one in summaries[position:])
            parts.append(clip(f"Described by type only: {rest}", MAX_OUTPUT_CHARS))
            break
        parts.append(text)
        used += len(text)
    for name, why in unsendable.items():
        parts.append(f"{name}: NOT available to the code ({why})")
    return "\n\n".join(parts)


def libraries_text(packages: Mapping[str, str]) -> str:
    """List the libraries of the image that matter here, with versions."""
    known = [f"{name} {packages[name]}" for name in NAMED_LIBRARIES if name in packages]
    return ", ".join(known)


def outcome_text(execution: ExecutionRecord, state: AgentState) -> str:
    """Tell what a run did, as far as the privacy level allows."""
    open_ = (state.get("privacy") or "sample") == "sample"
    lines = [f"Outcome: {execution.outcome}{f' ({execution.detail})' if execution.detail else ''}"]
    if not open_:
        lines[0] = f"Outcome: {execution.outcome}"
    for label, error in (("Error", execution.error), ("Failed check", execution.check_error)):
        if error is not None:
            at_line = f" in line {error.line}" if error.line else ""
            shown = clip(error.traceback, MAX_OUTPUT_CHARS) if open_ else f"{error.name}{at_line}"
            lines.append(f"{label}:\n{shown}")
    for label, text in (("stdout", execution.stdout), ("stderr", execution.stderr)):
        if text.strip():
            shown = clip(text, MAX_OUTPUT_CHARS) if open_ else f"({len(text)} characters)"
            lines.append(f"{label}:\n{shown}")
    lines.extend(clip(one.summary, MAX_OUTPUT_CHARS) for one in execution.variables)
    for name, why in execution.withheld.items():
        kind = why.partition(":")[0]
        lines.append(f"{name}: not returned ({clip(why, 300) if open_ else kind})")
    if execution.display_text and open_:
        lines.append(f"Value of the last expression:\n{clip(execution.display_text, 1_000)}")
    sizes = ", ".join(f"{one.width}×{one.height}" for one in execution.figures)
    lines.append(f"Figures: {len(execution.figures)}{f' ({sizes} pixels)' if sizes else ''}")
    return "\n".join(lines)


def problem_text(attempt: Attempt, state: AgentState) -> str:
    """Tell what was wrong with an attempt and what is planned."""
    parts = []
    if attempt.review is not None and not attempt.problem:
        parts.append(review_text(attempt))
    if attempt.problem:
        parts.append(f"It was not run: {clip(attempt.problem, MAX_OUTPUT_CHARS)}.")
    if attempt.execution is not None:
        parts.append(outcome_text(attempt.execution, state))
    if attempt.analysis is not None and attempt.analysis.plan:
        open_ = (state.get("privacy") or "sample") == "sample"
        plan = attempt.analysis.plan
        if open_ or attempt.execution is None:
            parts.append(f"Analysis: {attempt.analysis.explanation}")
        else:
            plan = without_findings(plan, attempt.analysis)
        parts.append(f"Plan: {clip(plan, MAX_OUTPUT_CHARS)}")
    return "\n".join(filter(None, parts))


def review_text(attempt: Attempt) -> str:
    """Tell what a person said of the code before it ran; empty where nobody said anything."""
    review = attempt.review
    if review is None or (review.decision == "approve" and not review.words):
        return ""
    return clip(review.text, MAX_OUTPUT_CHARS)


def without_findings(text: str, analysis: Analysis) -> str:
    """Name the rules in an analysis's text instead of their messages, which may quote values."""
    for one in analysis.findings:
        text = text.replace(one.message, f"what the rule {one.rule!r} found.")
    return text


def clip(text: str, max_chars: int) -> str:
    """Leave out the middle of a text over ``max_chars``, and say so."""
    text = text.rstrip()
    if len(text) <= max_chars:
        return text
    half = max_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
