"""The part of a prompt that describes what happened in an attempt.

All texts obey the request's privacy level. Below ``sample`` no text that the code produced is
shown, because it may contain rows of the data, and of names only those that were known before:
see :mod:`.known_names`. All of it is quoted: see :mod:`.quoting`.
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
    described,
    first_line,
    fit,
    listed,
    text_part,
)
from graph_agent.prompts.known_names import UNNAMED_ERROR, KnownNames
from graph_agent.prompts.quoting import fitted, quoted, quoted_part, said_part, within_line
from graph_agent.records import Attempt, ErrorRecord, ExecutionRecord
from graph_agent.state import AgentState

MAX_MESSAGE_CHARS = 1_000
MAX_DETAIL_CHARS = 500
MAX_REASON_CHARS = 300
MAX_RETURNED_CHARS = 8_000
"""For all returned variables: four or five frames."""
_USUAL = ((640, 480), (800, 500), (1000, 600), (800, 600))
"""Sizes of figures whose size nobody chose, and frequent ones."""


def shows_values(state: AgentState) -> bool:
    """Whether the request's privacy level allows values in a prompt."""
    return (state.get("privacy") or "sample") == "sample"


def code_text(attempt: Attempt, max_chars: int = MAX_CODE_CHARS) -> str:
    """Return an attempt's code, shortened around the line that failed."""
    execution = attempt.execution
    line = execution.error.line if execution is not None and execution.error is not None else None
    if line is None or len(attempt.code) <= max_chars:
        return clip(attempt.code, max_chars)
    before = attempt.code.split("\n", line - 1)[: line - 1] if line > 0 else []
    return clip(attempt.code, max_chars, keep=sum(len(text) + 1 for text in before))


def outcome_text(
    execution: ExecutionRecord, state: AgentState, max_chars: int, known: KnownNames | None = None
) -> str:
    """Describe a run as far as the privacy level allows.

    ``known``: what was known before; None where values may be shown, or to find it out.
    """
    if known is None and not shows_values(state):
        known = KnownNames(state)
    return fit(list(_outcome_parts(execution, state, known)), max_chars, "\n")


def _outcome_parts(
    execution: ExecutionRecord, state: AgentState, known: KnownNames | None
) -> Iterator[Part]:
    detail = within_line(execution.detail, MAX_DETAIL_CHARS) if known is None else ""
    yield text_part(f"Outcome: {execution.outcome}{f' ({detail})' if detail else ''}", 0, 600)
    for label, error in (("Error", execution.error), ("Failed check", execution.check_error)):
        if error is not None:
            code = (state.get("checks") if label == "Failed check" else _last_code(state)) or ""
            told = None if known is None else _named(label, error, known, code)
            yield Part(told or _error_text(label, error), 1, MAX_ERROR_CHARS, 500)
    for label, text in (("stdout", execution.stdout), ("stderr", execution.stderr)):
        if text and not text.isspace():
            if known is None:
                yield quoted_part(f"{label}:", text, 3, MAX_OUTPUT_CHARS)
            else:
                yield text_part(f"{label}:\n({known.count(len(text))} characters)", 3, 200)
    if execution.variables:
        yield Part(_returned_text(execution, state, known), 4, MAX_RETURNED_CHARS)
    if execution.withheld:
        yield Part(_withheld_text(execution, known), 5, MAX_NAMES_CHARS)
    if execution.display_text and known is None:
        yield quoted_part("Value of the last expression:", execution.display_text, 3, 1_000)
    yield text_part(_figures_text(execution, with_values=known is None), 0, 400)
    if execution.files:
        yield text_part(_files_text(execution, known), 1, 2_000)


def _last_code(state: AgentState) -> str:
    attempts = state.get("attempts") or [{}]
    return str(attempts[-1].get("code") or "")


def _figures_text(execution: ExecutionRecord, *, with_values: bool) -> str:
    figures = execution.figures
    # The code chooses their sizes.
    known = [figure for figure in figures if with_values or (figure.width, figure.height) in _USUAL]
    sizes = listed([f"{figure.width}×{figure.height}" for figure in known], 300)
    return f"Figures: {len(figures)}{f' ({sizes} pixels)' if sizes else ''}"


def _files_text(execution: ExecutionRecord, known: KnownNames | None) -> str:
    shown = []
    for file in execution.files:
        size = f"{file.size:,}" if known is None else known.count(file.size)
        shown.append(f"{_name_of(file.name, 'a file', known)}: {size} bytes")
    return f"Files returned to the user: {len(shown)} ({listed(shown, MAX_NAMES_CHARS)})"


def _name_of(name: str, otherwise: str, known: KnownNames | None) -> str:
    """Return a name if the model may see it: it may hold a value, such as a customer's."""
    if known is not None and not known.has(name):
        return otherwise
    return within_line(name, MAX_REASON_CHARS)


def _named(label: str, error: ErrorRecord, known: KnownNames, code: str) -> Callable[[int], str]:
    """Tell only the error's name and line; the code could forge a line that it doesn't have."""
    is_line = error.line is not None and (not code or error.line <= code.count("\n") + 1)
    at_line = f" in line {error.line}" if is_line else ""
    return lambda _: f"{label}:\n{known.error(error.name)}{at_line}"


def _error_text(label: str, error: ErrorRecord) -> Callable[[int], str]:
    """Put name, line and message before the traceback, because shortening it may cut them."""
    at_line = f" in line {error.line}" if error.line else ""
    name = clip(error.name, MAX_REASON_CHARS)

    def render(max_chars: int) -> str:
        room = max_chars - len(label) - 2
        whole = error.traceback.rstrip() or f"{name}{at_line}: {error.message}"
        if len(error.traceback) <= room and len(text := quoted(whole, 2 * room + 100)) <= room:
            return f"{label}:\n{text}"
        message = clip(error.message, min(MAX_MESSAGE_CHARS, max_chars // 2))
        head = f"{name}{at_line}: {message}\nTraceback:\n"
        text = fitted(
            lambda most: clip(head + clip(error.traceback, max(0, most - len(head))), most), room
        )
        return f"{label}:\n{text}"

    return render


def _returned_text(
    execution: ExecutionRecord, state: AgentState, known: KnownNames | None
) -> Callable[[int], str]:
    variables = execution.variables
    if known is None:
        texts = [clip(value.summary, MAX_OUTPUT_CHARS) for value in variables]
    else:
        variables = [value for value in variables if known.has(value.name)]
        texts = [clip(known.told(value.summary), MAX_OUTPUT_CHARS) for value in variables]
        if len(variables) < len(execution.variables):
            texts.append("… other variables")
    lines = [first_line(text) for text in texts]
    wanted = set(state.get("returns") or ())
    first = {index for index, value in enumerate(variables) if value.name in wanted}
    return lambda most: fitted(lambda room: described(texts, lines, first, room, "\n"), most)


def _withheld_text(execution: ExecutionRecord, known: KnownNames | None) -> Callable[[int], str]:
    lines = []
    for name, reason in execution.withheld.items():
        # The sandbox writes "type: reason"; the reason may quote the value.
        kind = reason.partition(":")[0]
        said = _name_of(name, "a file" if kind == "file" else "a value", known)
        why = within_line(reason, MAX_REASON_CHARS) if known is None else known.told(kind)
        lines.append(f"{said}: not returned ({why})")
    lines = list(dict.fromkeys(lines))
    return lambda most: fitted(lambda room: listed(lines, room, "\n"), most)


def problem_parts(attempt: Attempt, state: AgentState) -> Iterator[Part]:
    """Describe what was wrong with an attempt, and the plan for the next one."""
    execution, analysis = attempt.execution, attempt.analysis
    known = None if shows_values(state) else KnownNames(state)
    if attempt.problem:
        problem = within_line(attempt.problem, MAX_OUTPUT_CHARS)
        yield text_part(f"It was not run: {problem}.", 1, MAX_OUTPUT_CHARS)
    elif review := review_text(attempt):
        yield text_part(review, 1, MAX_OUTPUT_CHARS)
    if execution is not None:
        yield Part(
            lambda most: outcome_text(execution, state, most, known),
            5,
            MAX_OUTCOME_CHARS,
            MIN_OUTCOME_CHARS,
        )
    if analysis is not None and analysis.plan:
        with_values = shows_values(state) or execution is None
        if with_values:
            yield said_part("Analysis:", analysis.explanation, 8, MAX_OUTPUT_CHARS)
        plan = analysis.plan if with_values else text_without_values(analysis.plan, attempt, state)
        yield said_part("Plan:", plan, 4, MAX_OUTPUT_CHARS)


def review_text(attempt: Attempt) -> str:
    """Return what a person said about the code before it ran, or ""."""
    review = attempt.review
    if review is None or (review.decision == "approve" and not review.words):
        return ""
    return clip(review.text, MAX_OUTPUT_CHARS)


def text_without_values(text: str, attempt: Attempt, state: AgentState) -> str:
    """Return an analysis's explanation or plan without what may hold values.

    If it quotes a finding, which may, return a text that only names the rules. A rule's plan names
    an error, whose name the code may have made.
    """
    findings = attempt.analysis.findings if attempt.analysis else []
    messages = {finding.message for finding in findings if finding.message}
    cited = {message for message in messages if message in text}
    if cited:
        rules = dict.fromkeys(finding.rule for finding in findings if finding.message in cited)
        return f"Fix the problems found by these rules: {', '.join(rules)}."
    execution, known = attempt.execution, KnownNames(state, [attempt])
    for error in (execution.error, execution.check_error) if execution else ():
        if error is not None and error.name and known.error(error.name) == UNNAMED_ERROR:
            text = text.replace(error.name, UNNAMED_ERROR)
    return text
