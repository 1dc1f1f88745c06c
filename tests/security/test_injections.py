"""No hostile text breaks out of its place in a prompt.

``python -m tests.security.prompt_injection`` measures what the local model makes of them.
"""

from __future__ import annotations

import re

import pytest

from graph_agent.models import ModelProfile
from graph_agent.prompts.analysis import analysis_messages
from graph_agent.prompts.bounds import MAX_PROMPT_CHARS
from graph_agent.prompts.generation import generation_messages
from sandbox.terminal_text import HIDDEN_CHARS
from tests.scripted_model import ScriptedModel, fenced, verdict
from tests.security.injections import INJECTIONS, Injection, attempts_with, state_with
from tests.security.prompt_injection import without_defence

PROFILES = [
    ModelProfile("large", "test"),
    ModelProfile("small", "local", worked_examples=True, context_tokens=8_192),
]
TOKENS = re.compile(r"<\|\w+\|>|</?s>|<\w+_of_turn>|\[/?INST\]|<<SYS>>|<｜|</?tool_call>")


def prompts(injection: Injection, text: str | None, profile: ModelProfile) -> list[str]:
    """Return the texts of our messages, as a model receives them."""
    state, attempts = state_with(injection, text), attempts_with(injection, text)
    state["attempts"] = [attempt.to_state() for attempt in attempts]
    asked = [generation_messages(state, attempts, profile, {"pandas": "3"})]
    if attempts and (analysis := attempts[-1].analysis):
        asked.append(analysis_messages(state, attempts, analysis.findings, profile=profile))
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    for tag, messages in zip(("generate", "analyze"), asked, strict=False):
        model.invoke(messages, {"tags": [tag]})
    return [str(message.content) for _, messages in model.seen for message in messages]


def skeleton(prompt: str) -> list[str]:
    """Parse a prompt: our lines up to the first colon, without quotations and indented lines."""
    lines = [line for line in prompt.split("\n") if not line.startswith((">", "  "))]
    return [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.name)
def test_the_prompt_has_the_same_lines_of_ours(injection: Injection, profile: ModelProfile) -> None:
    harmless = prompts(injection, "harmless", profile)
    hostile = prompts(injection, None, profile)
    assert list(map(skeleton, hostile)) == list(map(skeleton, harmless))


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.name)
def test_it_has_no_token_of_a_template_and_nothing_hidden(injection: Injection) -> None:
    for prompt in prompts(injection, None, PROFILES[0]):
        assert not TOKENS.search(prompt)
        assert not re.search(f"[{HIDDEN_CHARS}]", prompt.replace("\n", ""))
        assert len(prompt) <= MAX_PROMPT_CHARS


def test_the_model_is_told_that_it_is_data() -> None:
    for profile in PROFILES:
        for messages in (
            generation_messages(state_with(INJECTIONS[0]), [], profile, {}),
            analysis_messages({"request": "x"}, attempts_with(INJECTIONS[-1]), []),
        ):
            assert "data" in messages[0].text
            assert "instruction" in messages[0].text


def test_there_are_enough_of_every_kind() -> None:
    assert len(INJECTIONS) >= 40
    assert len({injection.name for injection in INJECTIONS}) == len(INJECTIONS)
    assert len({injection.where for injection in INJECTIONS}) == 8


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_undefended_prompt_is_the_same_but_for_the_defence(profile: ModelProfile) -> None:
    """Otherwise the comparison would measure something else."""
    state, attempts = state_with(INJECTIONS[-1]), attempts_with(INJECTIONS[-1])
    for message in generation_messages(state, attempts, profile, {"pandas": "3"}):
        bare = without_defence(message.text)
        assert "instruction" not in bare
        assert not re.search("^>", bare, re.MULTILINE)
        assert len(message.text) - 300 < len(bare) <= len(message.text)
