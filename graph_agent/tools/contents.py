"""What a tool answers: text for the model; :mod:`graph_agent.results.blocks` adds pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_agent.results.answer_text import answer_text, named_text, verdict_line
from graph_agent.results.result import CodeGenerationResult
from graph_agent.summaries.parts import truncate
from sandbox.records import Execution
from sandbox.terminal_text import escape_control_chars, one_line

MAX_PRINTED_CHARS = 10_000
MAX_SHOWN_VARIABLES = 20


def execution_text(run: Execution) -> str:
    """Describe a run for a model: how it ended, what it printed, its values, what is left out."""
    return escape_control_chars("\n".join(_execution_lines(run)))


def result_text(result: CodeGenerationResult) -> str:
    """Describe an answer for a model: the answer, one line of verdict, the code."""
    lines = [answer_text(result), verdict_line(result)]
    if result.code:
        lines += ["Code:", result.code]
    if result.waiting_for is not None:
        lines.append("The code waits for a person's approval.")
    return escape_control_chars("\n".join(lines))


def _execution_lines(run: Execution) -> Iterator[str]:
    if not run.ok:
        detail = f": {one_line(run.detail)}" if run.detail else ""
        yield f"The code did not run to its end ({run.outcome}{detail})."
    for name, text in (("stdout", run.stdout), ("stderr", run.stderr)):
        if text.strip():
            yield f"{name}:\n{truncate(text.rstrip(), MAX_PRINTED_CHARS)}"
    if run.error is not None:
        yield run.error.traceback.rstrip()
    if run.display is not None:
        yield named_text("Value of the last expression", run.display)
    elif run.display_text:
        yield f"Value of the last expression: {run.display_text}"
    yield from _variables(run.variables)
    for name, reason in run.withheld.items():
        yield f"{one_line(name)} can't leave the container: {one_line(reason)}"
    if run.changed_inputs:
        yield f"Changed inputs: {', '.join(run.changed_inputs)}"
    if run.files:
        sizes = (f"{one_line(name)} ({len(data):,} bytes)" for name, data in run.files.items())
        yield f"Files: {', '.join(sizes)}"
    if run.figures:
        yield f"{len(run.figures)} figure(s)"


def _variables(variables: Mapping[str, Any]) -> Iterator[str]:
    for number, (name, value) in enumerate(variables.items()):
        if number == MAX_SHOWN_VARIABLES:
            yield f"… {len(variables) - number} more variables"
            return
        yield named_text(name, value)
