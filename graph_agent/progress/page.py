"""A run in progress as HTML. Everything in it is from outside, and escaped."""

from __future__ import annotations

from collections.abc import Iterator

from graph_agent.progress.picture import Picture, Round
from graph_agent.results.answer_text import verdict_line
from graph_agent.results.html import code_html, escaped, figure_html, fold
from sandbox.terminal_text import escape_control_chars, one_line


def live_html(picture: Picture) -> str:
    """Show a run: what it does now, its last attempt, and the earlier ones folded away."""
    earlier, last = picture.rounds[:-1], picture.rounds[-1] if picture.rounds else None
    note = f"<br><small>{escaped(picture.note)}</small>" if picture.note else ""
    parts = [f"<p><b>{escaped(_status(picture))}</b>{note}</p>"]
    parts += [fold(_title(done), "".join(_round(done))) for done in earlier]
    if picture.being_written:
        if last is not None:
            parts.append(fold(_title(last), "".join(_round(last))))
        parts.append(code_html(picture.being_written))
    elif last is not None:
        parts += _round(last)
    return f"<div>{''.join(parts)}</div>"


def ended_html(picture: Picture) -> str:
    """Show a run that has ended in one line, with all its attempts folded away."""
    attempts = [fold(_title(done), "".join(_round(done))) for done in picture.rounds]
    return f"<div><p><small>{escaped(status_text(picture))}</small></p>{''.join(attempts)}</div>"


def status_text(picture: Picture) -> str:
    """Say in one line what a run does now, or how it ended."""
    return escape_control_chars(one_line(_status(picture)))


def _status(picture: Picture) -> str:
    if picture.result is None:
        return f"{picture.step} · {picture.elapsed_s:.0f} s"
    if picture.result.waiting_for is not None:
        return picture.step
    return verdict_line(picture.result)


def _title(attempt: Round) -> str:
    if attempt.analysis is not None:
        ended = "solved" if attempt.analysis.success else "not solved"
        return f"Attempt {attempt.number} {ended}: {attempt.analysis.explanation}"
    outcome = attempt.execution.outcome if attempt.execution else attempt.problem
    return f"Attempt {attempt.number}: {outcome or 'not judged'}"


def _round(attempt: Round) -> Iterator[str]:
    if attempt.code:
        yield code_html(attempt.code)
    if attempt.problem:
        yield f"<p>Not run: {escaped(attempt.problem)}</p>"
    run = attempt.execution
    error = None if run is None else (run.error or run.check_error)
    for text in (attempt.printed, error.traceback if error else ""):
        if text.strip():
            yield f"<pre>{escaped(text)}</pre>"
    yield from (figure_html(figure) for figure in attempt.figures)
    if run is not None and run.variables:
        values = "\n".join(value.summary for value in run.variables)
        yield fold("Variables", f"<pre>{escaped(values)}</pre>")
    if attempt.analysis is not None:
        yield f"<p>{escaped(attempt.analysis.explanation)}</p>"
