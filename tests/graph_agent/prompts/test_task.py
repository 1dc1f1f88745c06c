"""What a prompt says is to do, and in which order."""

from __future__ import annotations

from graph_agent.prompts.task import reminder_parts, task_parts
from graph_agent.state import AgentState

STATE: AgentState = {
    "request": "How many cities?",
    "summaries": [{"name": "df", "type": "T", "text": "df: T", "columns": ["city"]}],
    "returns": ["answer"],
    "return_types": {"answer": {"class": "builtins.int"}},
    "checks": "assert answer",
}
LAST = "answer must be one whole number, not a label, a list or a Series."


def texts(*, small: bool) -> list[str]:
    parts = task_parts(STATE, for_small_model=small)
    return [text for part in parts if (text := part.text(part.max_chars))]


def test_variables_come_first_and_types_last() -> None:
    variables, request, define, *_, last = texts(small=False)
    assert variables.startswith("Variables:\ndf: T")
    assert request == "Request: How many cities?"
    assert define.startswith("After your program")
    assert last == LAST


def test_a_small_model_sees_what_resembles_the_request_before_it() -> None:
    shown = texts(small=True)
    assert [text.partition("\n")[0][:8] for text in shown[1:4]] == [
        "Examples",
        "Columns ",
        "Request:",
    ]


def test_a_reminder_repeats_only_what_is_asked() -> None:
    shown = [part.text(part.max_chars) for part in reminder_parts(STATE)]
    assert shown == ["Request: How many cities?", "Define these variables: answer (an int)", LAST]
