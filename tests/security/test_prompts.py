"""Text in data, output, errors and names stays data in every prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from langchain_core.messages import BaseMessage

from graph_agent.models import profile_of
from graph_agent.prompts.analysis import analysis_messages
from graph_agent.prompts.generation import generation_messages
from graph_agent.records import Attempt, ErrorRecord, ExecutionRecord, FileReference, Finding
from graph_agent.summaries import summarize
from tests.scripted_model import ScriptedModel
from tests.security.texts import CHAT_TOKENS, INSTRUCTIONS, TERMINAL, controls

REQUEST = "Add up the column a"


def _state(text: str) -> Any:
    frame = pd.DataFrame({"a": [text, "b"], text: [1, 2]})
    summaries = [summarize("data", frame, level="sample"), summarize("note", text, level="sample")]
    return {
        "request": REQUEST,
        "summaries": [summary.model_dump(mode="json") for summary in summaries],
        "privacy": "sample",
        "variables": {"unsendable": {"lock": text}},
    }


def _attempt(text: str) -> Attempt:
    error = ErrorRecord(name="ValueError", message=text, traceback=f"ValueError: {text}", line=1)
    execution = ExecutionRecord(
        outcome="error",
        detail=text,
        stdout=text,
        stderr=text,
        error=error,
        check_error=error,
        withheld={"x": text},
        files=[FileReference(name="a.csv", sha256="0" * 64, size=1)],
        display_text=text,
    )
    return Attempt(number=1, code="x = 1", execution=execution)


def _generation(text: str) -> list[BaseMessage]:
    profile = profile_of(ScriptedModel())
    return generation_messages(_state(text), [_attempt(text)], profile, {})


def _analysis(text: str) -> list[BaseMessage]:
    findings = [Finding(rule="columns", message=text, decisive=False)]
    return analysis_messages(_state(text), [_attempt(text)], findings)


PRINTED = {name: text for name, text in TERMINAL.items() if name != "surrogate"}
"""A frame can't hold half of a character."""
PROMPTS: dict[str, Callable[[str], list[BaseMessage]]] = {
    "generation": _generation,
    "analysis": _analysis,
}


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("text", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_no_line_of_it_stands_alone(prompt: str, text: str) -> None:
    """A line of the text never begins a line of the prompt, as our own words do."""
    sent = PROMPTS[prompt](text)
    ours = {line for message in PROMPTS[prompt]("plain") for line in message.text.splitlines()}
    foreign = {line.strip() for line in text.splitlines() if line.strip() and line.strip() != "x"}
    lines = [line for message in sent for line in message.text.splitlines()]
    alone = [line for line in lines if line.strip() in foreign and line not in ours]
    assert alone == []


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("text", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_no_token_of_a_chat_template_is_sent(prompt: str, text: str) -> None:
    sent = "\n".join(message.text for message in PROMPTS[prompt](text))
    assert [token for token in CHAT_TOKENS if token in sent] == []


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("text", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_it_changes_nothing_of_what_we_say(prompt: str, text: str) -> None:
    system, *_ = PROMPTS[prompt](text)
    plain, *_ = PROMPTS[prompt]("plain")
    assert system.text == plain.text
    assert "data" in system.text


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("text", PRINTED.values(), ids=PRINTED)
def test_nothing_invisible_is_sent(prompt: str, text: str) -> None:
    sent = "\n".join(message.text for message in PROMPTS[prompt](text))
    assert controls(sent) - {"\r"} == set()
