"""Servers that people run themselves: what speaks OpenAI's protocol, and Ollama."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from langchain_core.messages import HumanMessage

from graph_agent.errors import (
    ModelAnswerError,
    ModelRequestError,
    ModelSetupError,
    ModelTransientError,
)
from graph_agent.models import Question, create_client, profile_of
from tests.model_calls import acall_model, call_model
from tests.own_servers import ANSWER, MODEL, OwnServer

MESSAGES = [HumanMessage("Capital of France?")]


@pytest.fixture(autouse=True)
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "OLLAMA_HOST"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with OwnServer() as running:
        yield running


def address(provider: str, server: OwnServer) -> str:
    return f"{server.url}/v1" if provider == "openai" else server.url


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_both_ways_of_calling(provider: str, server: OwnServer) -> None:
    client = create_client(f"{provider}:{MODEL}", base_url=address(provider, server))
    reply = call_model(client, MESSAGES, tag="generate")
    assert (reply.text, reply.input_tokens, reply.output_tokens) == (ANSWER, 9, 1)
    assert reply.finish_reason == "stop"
    assert asyncio.run(acall_model(client, MESSAGES, tag="generate")).text == ANSWER
    profile = profile_of(client)
    assert (profile.name, profile.provider) == (MODEL, provider)
    paths = {"openai": "/v1/chat/completions", "ollama": "/api/chat"}
    assert [path for path, *_ in server.requests] == [paths[provider]] * 2


def test_a_server_without_a_key_needs_none_and_gets_no_other(
    server: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "of-gemini")
    url = address("openai", server)
    call_model(create_client(f"openai:{MODEL}", base_url=url), MESSAGES, tag="generate")
    mine = create_client(f"openai:{MODEL}", base_url=url, api_key="mine")
    call_model(mine, MESSAGES, tag="generate")
    keys = [headers["authorization"] for _, headers, _ in server.requests]
    assert keys == ["Bearer none", "Bearer mine"]


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("openai", "OPENAI_BASE_URL"), ("openai", "OPENAI_API_BASE"), ("ollama", "OLLAMA_HOST")],
)
def test_the_address_may_come_from_the_environment(
    provider: str, variable: str, server: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, address(provider, server))
    client = create_client(f"{provider}:{MODEL}")
    assert call_model(client, MESSAGES, tag="generate").text == ANSWER


def test_without_an_address_openai_itself_needs_a_key() -> None:
    with pytest.raises(ModelSetupError, match="OPENAI_API_KEY"):
        create_client("openai:gpt-5")


def test_ollama_gets_room_for_the_prompt(server: OwnServer) -> None:
    client = create_client(f"ollama:{MODEL}", base_url=server.url)
    call_model(client, MESSAGES, tag="generate")
    [(_, _, body)] = server.requests
    assert body["options"]["num_ctx"] == 8192
    profile = profile_of(client)
    assert (profile.context_tokens, profile.prompt_tokens) == (8192, 6144)


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_model_that_the_server_does_not_have(provider: str, server: OwnServer) -> None:
    client = create_client(f"{provider}:huge", base_url=address(provider, server))
    with pytest.raises(ModelRequestError, match="'huge' not found"):
        call_model(client, MESSAGES, tag="generate")


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_an_answer_that_is_cut_off(provider: str) -> None:
    with OwnServer(stopped_by="length") as server:
        client = create_client(f"{provider}:{MODEL}", base_url=address(provider, server))
        with pytest.raises(ModelAnswerError) as caught:
            call_model(client, MESSAGES, tag="generate")
    assert caught.value.kind == "truncated"


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_nothing_follows_a_redirect(provider: str, server: OwnServer) -> None:
    with OwnServer(redirect_to=f"{server.url}/api/chat") as other:
        client = create_client(f"{provider}:{MODEL}", base_url=address(provider, other))
        with pytest.raises(ModelRequestError, match="redirects"):
            call_model(client, MESSAGES, tag="generate")
    assert server.requests == []


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_server_that_is_not_there(provider: str) -> None:
    client = create_client(f"{provider}:{MODEL}", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ModelTransientError):
        call_model(client, MESSAGES, tag="generate")


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_its_answers_can_be_cached(provider: str, server: OwnServer) -> None:
    keys = set()
    for name in (MODEL, MODEL, "other"):
        client = create_client(f"{provider}:{name}", base_url=address(provider, server))
        keys.add(Question(client, profile_of(client), MESSAGES, "generate").key())
    assert len(keys) == 2
    assert None not in keys
