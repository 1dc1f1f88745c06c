"""The transcript: a run as Markdown, made from its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph_agent.records import (
    Agreement,
    Attempt,
    ExecutionRecord,
    FigureReference,
    JudgedBy,
    Review,
    attempts_of,
)
from graph_agent.results.markdown import code_span, fenced, inline, sentence, with_code_spans
from graph_agent.results.origin import Origin
from graph_agent.state import AgentOutput
from sandbox.results.figure_formats import figure_suffix


def render(
    output: AgentOutput,
    figure_folder: str | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Write the transcript, attempt by attempt. Its text is data: see :mod:`.markdown`.

    ``figure_folder``: the folder of the figures, relative to the transcript, named by
    :func:`figure_name`; None: list the figures without links. ``names``: the names that files
    were saved under, where they differ.
    """
    attempts = attempts_of(output)
    origin = Origin.of(output)
    parts = ["# Transcript"]
    if origin.earlier_request:
        earlier = attempts[: origin.kept]
        kept = (_attempt(attempt, figure_folder, names or {}) for attempt in earlier)
        parts.append(f"**Earlier Request:** {inline(origin.earlier_request)}")
        parts += [part for shown in kept for part in shown]
    parts.append(f"**User request:** {inline(output.get('request') or '')}")
    parts += [inline(line) for line in [origin.sentence] if line]
    parts += [f"**Reading Files:** {inline(note)}" for note in output.get("notes") or ()]
    for attempt in attempts[origin.kept if origin.earlier_request else 0 :]:
        parts += _attempt(attempt, figure_folder, names or {})
    parts.append(_assessment(attempts, bool(output.get("success"))))
    if output.get("stopped_by"):
        parts.append(f"**Stopped By:** the limit on {sentence(str(output['stopped_by']))}")
    code = output.get("code") or ""
    if code:
        parts.append(f"**Saved Code:**\n\n{fenced(code, 'python')}")
    return "\n\n".join(parts) + "\n"


JUDGES: dict[JudgedBy, str] = {
    "checks": "the request's checks",
    "model": "the model",
    "rules": "the rules",
    "agreement": "agreement of several programs",
    "nobody": "nobody; the code ran to its end, and no rule found a fault",
}


def figure_name(attempt: int, index: int, mime: str) -> str:
    """Return the file name of an attempt's figure; ``index`` counts from 1."""
    return f"attempt-{attempt}-figure-{index}{figure_suffix(mime)}"


def _attempt(attempt: Attempt, figure_folder: str | None, names: Mapping[str, str]) -> list[str]:
    number = attempt.number
    parts = [f"**Generated Code (Attempt {number}):**", fenced(attempt.code, "python")]
    if attempt.notes:
        parts.append(f"**Reading the Answer:** {with_code_spans('; '.join(attempt.notes))}.")
    if attempt.review is not None:
        parts += _review(attempt.review)
    parts.append(f"**Execution Results (Attempt {number}):**")
    if attempt.execution is None:
        why = sentence(attempt.problem or "the run stopped before this step")
        parts.append(f"Not run: {why}.")
    else:
        parts += _execution(attempt.execution, number, figure_folder, names)
    if attempt.agreement is not None:
        parts += _vote(attempt, attempt.agreement)
    analysis = attempt.analysis
    if analysis is not None:
        parts += [
            f"**Analysis:** {inline(analysis.explanation)}",
            f"**Success:** {_yes(analysis.success)}",
            *([f"**Judged By:** {JUDGES[analysis.judged_by]}"] if analysis.judged_by else []),
            f"**Should Retry:** {_yes(analysis.should_retry)}",
            f"**Plan for Next Attempt:** {inline(analysis.plan or 'None')}",
        ]
    return parts


def _vote(attempt: Attempt, agreement: Agreement) -> list[str]:
    """Say how many programs agree, and show the answers of the others."""
    parts = [f"**Agreement:** {agreement.agreeing} of {agreement.run} programs gave this answer."]
    for group, rival in attempt.other_answers.items():
        if group != attempt.group and rival.execution is not None:
            shown = [value.summary for value in rival.execution.variables]
            text = "\n".join(filter(None, [rival.execution.display_text, *shown]))
            parts.append(f"**Another Answer:**\n\n{fenced(text or rival.execution.stdout)}")
    return parts


def _review(review: Review) -> list[str]:
    parts = [f"**Review:** {inline(review.text)}"]
    if review.written:
        parts.append(f"The model had written:\n\n{fenced(review.written, 'python')}")
    return parts


def _execution(
    execution: ExecutionRecord, number: int, figure_folder: str | None, names: Mapping[str, str]
) -> list[str]:
    parts = [f"Outcome: {execution.outcome}, {execution.duration_s:.2f} s"]
    if execution.detail:
        parts[0] += f" ({sentence(execution.detail)})"
    for label, text in (("STDOUT", execution.stdout), ("STDERR", execution.stderr)):
        parts.append(f"{label}:\n\n{fenced(text)}" if text.strip() else f"{label}: (empty)")
    for label, error in (("Error", execution.error), ("Failed check", execution.check_error)):
        if error is not None:
            parts.append(f"{label}:\n\n{fenced(error.traceback)}")
    if execution.display_text:
        parts.append(f"Value:\n\n{fenced(execution.display_text)}")
    if execution.variables:
        described = "\n".join(value.summary for value in execution.variables)
        parts.append(f"Variables:\n\n{fenced(described)}")
    parts += [
        f"Withheld: {code_span(name)}: {sentence(reason)}"
        for name, reason in missed(execution.withheld, execution.figures).items()
    ]
    for index, figure in enumerate(execution.figures, 1):
        title = f"Figure {index} ({figure.width}×{figure.height})"
        if figure_folder is None:
            parts.append(title)
        else:
            images = filter(None, (figure, figure.preview))
            called = [figure_name(number, index, image.mime) for image in images]
            paths = [f"{figure_folder}/{names.get(name, name)}" for name in called]
            parts.append(_figure(figure, title, *paths))
    parts += [f"File: {code_span(file.name)} ({file.size:,} bytes)" for file in execution.files]
    return parts


def missed(withheld: Mapping[str, str], figures: Sequence[object]) -> dict[str, str]:
    """Return what a reader misses: not a figure's objects where the figures came back."""
    drawn = "figures come back on their own"
    return {name: why for name, why in withheld.items() if not (figures and drawn in why)}


def _figure(figure: FigureReference, title: str, path: str, preview: str = "") -> str:
    """Embed an image; link a JSON figure, which Markdown viewers can't draw."""
    if figure.mime.startswith("image/"):
        return f"![{title}]({path})"
    return f"![{title}]({preview}) [its data]({path})" if preview else f"[{title}]({path})"


def _assessment(attempts: list[Attempt], success: bool) -> str:
    count = f"{len(attempts)} attempt{'s' if len(attempts) != 1 else ''}"
    last = attempts[-1].analysis if attempts else None
    why = f" {inline(last.explanation)}" if last is not None else ""
    verdict = "solved" if success else "not solved" if last is not None else "unfinished"
    return f"**Code Assessment:** {verdict} after {count}.{why}"


def _yes(value: bool) -> str:
    return "Yes" if value else "No"
