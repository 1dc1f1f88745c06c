"""The transcript: a run as Markdown, from its state alone."""

from __future__ import annotations

from graph_agent.records import Attempt, ExecutionRecord, FigureReference, Review
from graph_agent.state import AgentOutput
from graph_agent.visible import visible
from sandbox.figure_formats import figure_suffix


def render(output: AgentOutput, figure_folder: str | None = None) -> str:
    """Write a run down, attempt by attempt.

    ``figure_folder``: where the figures lie, seen from the transcript, as
    :func:`figure_name` names them; None: they are listed, not linked.
    """
    attempts = [Attempt.model_validate(one) for one in output.get("attempts") or []]
    parts = ["# Transcript", f"**User request:** {output.get('request', '')}"]
    for attempt in attempts:
        parts += _attempt(attempt, figure_folder)
    parts.append(_assessment(attempts, bool(output.get("success"))))
    if output.get("stopped_by"):
        parts.append(f"**Stopped By:** the limit on {output['stopped_by']}")
    code = output.get("code") or ""
    if code:
        parts.append(f"**Saved Code:**\n\n{_block(code, 'python')}")
    return visible("\n\n".join(parts)) + "\n"


def figure_name(attempt: int, index: int, mime: str) -> str:
    """Name the file of an attempt's figure; ``index`` counts from 1."""
    return f"attempt-{attempt}-figure-{index}{figure_suffix(mime)}"


def _attempt(attempt: Attempt, figure_folder: str | None) -> list[str]:
    number = attempt.number
    parts = [f"**Generated Code (Attempt {number}):**", _block(attempt.code, "python")]
    if attempt.review is not None:
        parts += _review(attempt.review)
    parts.append(f"**Execution Results (Attempt {number}):**")
    if attempt.execution is None:
        parts.append(f"Not run: {attempt.problem or 'the run was stopped before it'}.")
    else:
        parts += _execution(attempt.execution, number, figure_folder)
    analysis = attempt.analysis
    if analysis is not None:
        parts += [
            f"**Analysis:** {analysis.explanation}",
            f"**Success:** {_yes(analysis.success)}",
            f"**Should Retry:** {_yes(analysis.should_retry)}",
            f"**Plan for Next Attempt:** {analysis.plan or 'None'}",
        ]
    return parts


def _review(review: Review) -> list[str]:
    parts = [f"**Review:** {review.text}"]
    if review.written:
        parts.append(f"The model had written:\n\n{_block(review.written, 'python')}")
    return parts


def _execution(execution: ExecutionRecord, number: int, figure_folder: str | None) -> list[str]:
    parts = [f"Outcome: {execution.outcome}, {execution.duration_s:.2f} s"]
    if execution.detail:
        parts[0] += f" ({execution.detail})"
    for label, text in (("STDOUT", execution.stdout), ("STDERR", execution.stderr)):
        parts.append(f"{label}:\n\n{_block(text)}" if text.strip() else f"{label}: (empty)")
    for label, error in (("Error", execution.error), ("Failed check", execution.check_error)):
        if error is not None:
            parts.append(f"{label}:\n\n{_block(error.traceback)}")
    if execution.display_text:
        parts.append(f"Value:\n\n{_block(execution.display_text)}")
    if execution.variables:
        described = "\n".join(one.summary for one in execution.variables)
        parts.append(f"Variables:\n\n{_block(described)}")
    parts += [f"Withheld: `{name}`: {why}" for name, why in execution.withheld.items()]
    for index, figure in enumerate(execution.figures, 1):
        title = f"Figure {index} ({figure.width}×{figure.height})"
        if figure_folder is None:
            parts.append(title)
        else:
            parts.append(_figure(figure, title, f"{figure_folder}/", number, index))
    return parts


def _figure(figure: FigureReference, title: str, folder: str, number: int, index: int) -> str:
    """Show an image; link a figure of JSON, which no viewer of Markdown draws."""
    path = folder + figure_name(number, index, figure.mime)
    if figure.mime.startswith("image/"):
        return f"![{title}]({path})"
    if figure.preview is None:
        return f"[{title}]({path})"
    shown = folder + figure_name(number, index, figure.preview.mime)
    return f"![{title}]({shown}) [its data]({path})"


def _assessment(attempts: list[Attempt], success: bool) -> str:
    count = f"{len(attempts)} attempt{'s' if len(attempts) != 1 else ''}"
    last = attempts[-1].analysis if attempts else None
    why = f" {last.explanation}" if last is not None else ""
    verdict = "solved" if success else "not solved" if last is not None else "unfinished"
    return f"**Code Assessment:** {verdict} after {count}.{why}"


def _block(text: str, language: str = "") -> str:
    """Fence text so that no fence inside it can end the block."""
    text = text.rstrip("\n")
    mark = "```"
    while mark in text:
        mark += "`"
    return f"{mark}{language}\n{text}\n{mark}"


def _yes(value: bool) -> str:
    return "Yes" if value else "No"
