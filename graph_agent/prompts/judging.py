"""The prompt of the analyze node."""

from __future__ import annotations

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from graph_agent.prompts.facts import (
    MAX_CODE_CHARS,
    clip,
    outcome_text,
    review_text,
    variables_text,
)
from graph_agent.records import Attempt, Finding
from graph_agent.state import AgentState

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
    state: AgentState, attempts: list[Attempt], findings: list[Finding]
) -> list[BaseMessage]:
    """Build the prompt that asks for a judgement of the last attempt."""
    last = attempts[-1]
    open_ = (state.get("privacy") or "sample") == "sample"
    parts = [
        f"Request: {state['request'].strip()}",
        f"Variables given to the program:\n{variables_text(state)}",
        f"Program:\n```python\n{clip(last.code, MAX_CODE_CHARS)}\n```",
    ]
    if said := review_text(last):
        parts.append(said)
    if last.execution is not None:
        parts.append(f"What it did:\n{outcome_text(last.execution, state)}")
    if findings:
        listed = "\n".join(f"- {one.rule}{f': {one.message}' if open_ else ''}" for one in findings)
        parts.append(f"Found by rule:\n{listed}")
    return [SystemMessage(SYSTEM), HumanMessage("\n\n".join(parts))]
