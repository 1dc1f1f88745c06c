"""The prompt of the analyze node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from graph_agent.models import ModelProfile
from graph_agent.prompts.bounds import (
    MAX_CODE_CHARS,
    MAX_OUTCOME_CHARS,
    MAX_OUTPUT_CHARS,
    MAX_VARIABLES_CHARS,
    MIN_CODE_CHARS,
    MIN_OUTCOME_CHARS,
    Part,
    clip,
    fit,
    sendable,
    text_part,
)
from graph_agent.prompts.lists import listed
from graph_agent.prompts.outcomes import (
    code_text,
    outcome_text,
    review_text,
    shows_values,
)
from graph_agent.prompts.pictures import image_block
from graph_agent.prompts.variables import request_part, variables_text
from graph_agent.prompts.windows import within_window
from graph_agent.records import Attempt, Finding
from graph_agent.state import AgentState

MAX_FINDING_CHARS = 600
MAX_FINDINGS_CHARS = 4_000

SYSTEM = """\
You review a Python program that was written to answer a request about the user's data, and what \
it did when it ran in an isolated container. Judge whether its result answers the request.

- Judge the result, not the style. Warnings such as FutureWarning on stderr are no failure.
- Success needs everything the request asks for, computed from the given variables, not made up.
- should_retry is false when another attempt could not help (the data needed is not there, the \
request cannot be met) and when the program succeeded.
- If it failed, plan says what exactly to change, in at most five sentences.

Answer with one JSON object: \
{"success": bool, "should_retry": bool, "explanation": str, "plan": str}"""


def analysis_messages(
    state: AgentState,
    attempts: list[Attempt],
    findings: list[Finding],
    pictures: Sequence[bytes] | None = None,
    *,
    profile: ModelProfile | None = None,
) -> list[BaseMessage]:
    """Build the prompt that asks for a judgement of the last attempt.

    ``pictures``: PNGs of its figures, for a model that sees; they are shown only
    where the request lets values be seen. None: the model does not see.
    ``profile``: the one whose window the prompt must fit.
    """
    shown = list(pictures or ()) if shows_values(state) else []
    parts = list(_parts(state, attempts[-1], findings))
    figures = attempts[-1].execution.figures if attempts[-1].execution else []
    if pictures is not None and figures and shows_values(state):
        parts.append(text_part(_pictures_note(len(shown), len(figures)), 0, 200))

    def build(max_chars: int) -> list[BaseMessage]:
        text = sendable(fit(parts, max_chars - len(SYSTEM)))
        if not shown:
            return [SystemMessage(SYSTEM), HumanMessage(text)]
        blocks: list[str | dict[str, Any]] = [{"type": "text", "text": text}]
        return [SystemMessage(SYSTEM), HumanMessage([*blocks, *map(image_block, shown)])]

    return within_window(build, profile)


def _parts(state: AgentState, last: Attempt, findings: list[Finding]) -> Iterator[Part]:
    execution = last.execution
    given, did = "Variables given to the program:\n", "What it did:\n"
    yield request_part(state)
    yield Part(
        lambda most: given + variables_text(state, most - len(given)), 4, MAX_VARIABLES_CHARS
    )
    yield Part(lambda most: _program_text(last, most), 3, MAX_CODE_CHARS, MIN_CODE_CHARS)
    if said := review_text(last):
        yield text_part(said, 2, MAX_OUTPUT_CHARS)
    if execution is not None:
        yield Part(
            lambda most: did + outcome_text(execution, state, most - len(did)),
            2,
            MAX_OUTCOME_CHARS,
            MIN_OUTCOME_CHARS,
        )
    if findings:
        yield Part(_findings_text(findings, shows_values(state)), 1, MAX_FINDINGS_CHARS, 500)


def _program_text(attempt: Attempt, max_chars: int) -> str:
    frame = "Program:\n```python\n{}\n```"
    return frame.format(code_text(attempt, max_chars - len(frame)))


def _findings_text(findings: list[Finding], open_: bool) -> Callable[[int], str]:
    """List what the rules found, decisive findings first, which decide whatever the model says."""
    lines = [
        f"- {one.rule}{f': {clip(one.message, MAX_FINDING_CHARS)}' if open_ else ''}"
        for one in sorted(findings, key=lambda one: not one.decisive)
    ]
    label = "Found by rule:\n"
    return lambda most: label + listed(lines, most - len(label), "\n")


def _pictures_note(n_shown: int, n_figures: int) -> str:
    if not n_shown:
        return "The figures cannot be shown to you."
    if n_shown == n_figures:
        return "The figures follow as pictures, scaled down, in their order."
    return (
        f"{n_shown} of the {n_figures} figures follow as pictures, scaled down, in their order;"
        " the others cannot be shown to you."
    )
