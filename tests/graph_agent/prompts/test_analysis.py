"""The prompt that asks for a judgement. Figures: see test_pictures.py."""

from __future__ import annotations

import pytest

from graph_agent.prompts.analysis import analysis_messages
from graph_agent.records import Finding, PrivacyLevel, Review
from tests.graph_agent.prompts.hostile import SECRET, attempt, state

FINDINGS = [
    Finding(rule="columns", message=f"hint {SECRET}", decisive=False),
    Finding(rule="outcome", message=f"failure {SECRET}", decisive=True),
]


def prompt(level: PrivacyLevel = "sample") -> str:
    _, question = analysis_messages(state(privacy=level), [attempt()], FINDINGS)
    return question.text


def test_it_shows_request_variables_program_outcome_and_findings() -> None:
    text = prompt()
    parts = (
        "Request: ",
        "wide_0: pandas.DataFrame",
        "```python\n",
        "Outcome: error",
        "- outcome: ",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_decisive_findings_come_first() -> None:
    text = prompt()
    assert text.index("- outcome: failure") < text.index("- columns: hint")


@pytest.mark.parametrize("level", ["schema", "stats"])
def test_below_sample_findings_are_only_named(level: PrivacyLevel) -> None:
    text = prompt(level)
    assert SECRET not in text
    assert "- outcome\n- columns" in text


def test_a_persons_words_are_shown() -> None:
    reviewed = attempt().model_copy(update={"review": Review(decision="edit", words="Use medians")})
    _, question = analysis_messages(state(), [reviewed], [])
    assert "Use medians" in question.text


def test_only_the_last_attempt_is_judged() -> None:
    first = attempt().model_copy(update={"code": "first_program = 1"})
    _, question = analysis_messages(state(), [first, attempt(2)], [])
    assert "first_program" not in question.text
