"""Gemini's answers in several parts, asked for through its real client."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from langchain_google_genai import ChatGoogleGenerativeAI
from pydantic import SecretStr

from graph_agent.models import Question, arun_steps, ask, create_client, profile_of, run_steps
from graph_agent.models.gemini_parts import with_joined_parts
from tests.gemini_server import GeminiServer, Text
from tests.scripted_model import ScriptedModel

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
PARTS = ["```python\n", "result = 3\n", "\n\nother", " = 4\n", "```"]
WHOLE = "".join(PARTS)


def own(url: str, model: str) -> Any:
    return create_client(model, api_key=KEY, base_url=url)


def theirs(url: str, model: str) -> Any:
    return ChatGoogleGenerativeAI(
        model=model,
        google_api_key=SecretStr(KEY),
        base_url=url,
        max_retries=1,
        client_args={"limits": httpx.Limits(max_keepalive_connections=0)},
    )


@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3.5-flash"])
@pytest.mark.parametrize("made", [own, theirs])
@pytest.mark.parametrize("thought", [None, "I add.\n"])
@pytest.mark.parametrize("is_async", [False, True])
def test_parts_are_joined_as_they_are(
    made: Any, model: str, thought: str | None, is_async: bool
) -> None:
    with GeminiServer([Text(WHOLE, parts=PARTS, thought=thought)]) as server:
        client = made(server.url, model)
        question = Question(client, profile_of(client), [HumanMessage("Add")], "generate")
        reply = asyncio.run(arun_steps(ask(question))) if is_async else run_steps(ask(question))
    assert reply.text == WHOLE
    assert not server.requests[0].streamed


def test_the_callers_client_is_left_alone() -> None:
    client = own("http://127.0.0.1:1", "gemini-2.5-flash")
    google = client.client
    assert with_joined_parts(client) is not client
    assert client.client is google
    assert with_joined_parts(client).model_dump() == client.model_dump()


def test_other_models_are_used_as_they_are() -> None:
    model = ScriptedModel()
    step: Any = next(ask(Question(model, profile_of(model), [HumanMessage("Go")], "generate")))
    assert step.question.client is model
