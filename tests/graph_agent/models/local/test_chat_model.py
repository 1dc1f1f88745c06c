"""The local chat model: its answers in every way of calling, and what is missing for it."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel

from graph_agent.errors import ModelAnswerError, ModelSetupError
from graph_agent.models import create_client, profile_of
from graph_agent.models.local.chat_model import LocalChatModel, local_client
from graph_agent.models.local.server import SHARED_SERVERS
from tests.model_calls import call_for_json, call_model


def test_profile_asks_for_examples_and_not_to_judge(broken_gguf: Path) -> None:
    profile = profile_of(create_client("local", model_path=broken_gguf))
    assert (profile.name, profile.provider) == ("local", "local")
    assert (profile.judges, profile.worked_examples) == (False, True)
    assert (profile.structured_output, profile.context_tokens) == (True, 8192)


def test_file_that_cannot_be_loaded_is_a_setup_error(broken_gguf: Path) -> None:
    client = create_client("local", model_path=broken_gguf)
    with pytest.raises(ModelSetupError, match=r"broken\.gguf"):
        call_model(client, [HumanMessage("hello")], tag="generate")
    with pytest.raises(ModelSetupError, match=r"broken\.gguf"):
        asyncio.run(client.ainvoke("hello"))


def test_creation_loads_nothing(broken_gguf: Path) -> None:
    client = local_client("local", 30.0, None, None, broken_gguf)
    assert (client.model_name, client.path, client.timeout_s) == ("local", broken_gguf, 30.0)
    assert client.temperature == 0.0
    assert list(SHARED_SERVERS) == []


def test_missing_weights_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelSetupError, match="codegen-agent model fetch"):
        local_client("local-small", 30.0, None, tmp_path, None)


def test_a_missing_package_names_the_extra(
    broken_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelSetupError, match=r"xllamacpp.*codegen-agent\[local\]"):
        local_client("local", 30.0, None, None, broken_gguf)


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_answers_in_every_way_of_calling(model: LocalChatModel) -> None:
    messages = [SystemMessage("Answer with one word."), HumanMessage("Capital of France?")]
    reply = call_model(model, messages, tag="generate")
    assert "Paris" in reply.text
    assert reply.input_tokens > 10
    assert 0 < reply.output_tokens < 20
    assert reply.finish_reason == "stop"
    # Copies, threads and successive event loops share one server.
    twin = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    with ThreadPoolExecutor(3) as threads:
        texts = [answer.text for answer in threads.map(twin.invoke, [messages] * 3)]
    texts += [asyncio.run(twin.ainvoke(messages)).text for _ in range(2)]
    texts.append("".join(chunk.text for chunk in twin.stream(messages)))
    assert texts == [reply.text] * 6
    assert len(list(SHARED_SERVERS)) == 1


class Fact(BaseModel):
    capital: str
    population: int


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_answer_follows_a_schema(model: LocalChatModel) -> None:
    messages = [HumanMessage("Tell a story about the capital of France.")]
    fact, reply = call_for_json(model, messages, Fact, tag="analyze")
    assert fact == Fact.model_validate_json(reply.text)
    # A truncated record may parse into a wrong one, so it is refused.
    with pytest.raises(ModelAnswerError) as caught:
        call_for_json(model.model_copy(update={"max_tokens": 3}), messages, Fact, tag="analyze")
    assert caught.value.kind == "truncated"


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_cancelled_call_frees_the_server(model: LocalChatModel) -> None:
    model.invoke("hello")
    endless = {"ignore_eos": True}  # the server's own option
    essay = model.model_copy(update={"max_tokens": 4_000}).bind(extra_body=endless)

    async def give_up() -> None:
        await asyncio.wait_for(essay.ainvoke("Write a novel."), timeout=2)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    started = time.monotonic()
    model.model_copy(update={"max_tokens": 3}).invoke("hello")
    assert time.monotonic() - started < 30  # the novel alone takes minutes
