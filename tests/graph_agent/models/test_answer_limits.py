"""Floods, bombs and redirects, from the clients of two providers; hangs and drips."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from graph_agent.errors import ModelRequestError, ModelTransientError
from graph_agent.models import ModelReply, create_client
from graph_agent.models.answer_limits import MAX_ANSWER_BYTES
from tests.faults.model_faults import FLOODS, SLOW, redirect
from tests.gemini_server import GeminiServer, Malformed, Text
from tests.model_calls import acall_model, call_model

Call = Callable[[Any], ModelReply]
MESSAGES = [HumanMessage("Sum column a")]


def plain(client: Any) -> ModelReply:
    return call_model(client, MESSAGES, tag="generate")


def asynchronous(client: Any) -> ModelReply:
    return asyncio.run(acall_model(client, MESSAGES, tag="generate"))


def client_of(model: str, server: GeminiServer, timeout_s: float = 20.0) -> Any:
    return create_client(model, api_key="k", base_url=server.url, timeout_s=timeout_s)


@pytest.fixture(params=[plain, asynchronous])
def call(request: pytest.FixtureRequest) -> Call:
    return request.param  # type: ignore[no-any-return]  # the parameters above


@pytest.fixture(params=["gemini-2.5-pro", "openai:gpt-5"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("sends 200 MB", f"more than {MAX_ANSWER_BYTES >> 20} MiB"),
        ("sends without end", f"more than {MAX_ANSWER_BYTES >> 20} MiB"),
        ("sends a gzip bomb", "compressed"),
    ],
)
def test_a_flood_is_cut_off(fault: str, says: str, model: str, call: Call) -> None:
    with GeminiServer([FLOODS[fault]]) as server, pytest.raises(ModelRequestError, match=says):
        call(client_of(model, server))
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_redirect_is_not_followed(model: str, call: Call) -> None:
    with (
        GeminiServer([Text("x = 1")]) as other,
        GeminiServer([redirect(307, other.url)]) as server,
        pytest.raises(ModelRequestError, match=r"redirects to http://127\.0\.0\.1"),
    ):
        call(client_of(model, server))
    assert other.requests == []


@pytest.mark.parametrize("fault", ["drips its headers", "drips its answer"])
def test_a_drip_ends_in_time(fault: str, model: str, call: Call) -> None:
    with GeminiServer([SLOW[fault]]) as server, pytest.raises(ModelTransientError):
        call(client_of(model, server, timeout_s=0.5))


def test_openais_client_serves_several_event_loops() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    body = json.dumps({**answer, "choices": [choice]}).encode()
    with GeminiServer([Malformed(body)]) as server:  # an answer of another kind
        client = client_of("openai:gpt-4o", server)
        assert [asynchronous(client).text for _ in range(3)] == ["x"] * 3


def test_an_answer_passes(call: Call) -> None:
    with GeminiServer([Text("x = 1" * 10_000)]) as server:
        assert call(client_of("gemini-2.5-pro", server)).text == "x = 1" * 10_000
