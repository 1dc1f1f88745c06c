"""The real Gemini client over a real socket: answers, usage and every kind of failure."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig

from graph_agent.errors import (
    ModelAnswerError,
    ModelError,
    ModelRequestError,
    ModelTransientError,
)
from graph_agent.models import LLMModels, ModelReply, create_client, is_transient
from tests.gemini_server import Blocked, Dropped, Failure, GeminiServer, Malformed, Slow, Text
from tests.model_calls import acall_model, call_model

KEY = "AIzaSyTestKeyTestKeyTestKeyTestKey0123"
MESSAGES = [SystemMessage("You write Python."), HumanMessage("Sum column a")]

Call = Callable[[BaseChatModel], ModelReply]


def client_of(server: GeminiServer, **options: Any) -> BaseChatModel:
    return create_client(LLMModels.GEMINI25_FLASH, api_key=KEY, base_url=server.url, **options)


def sync_call(client: BaseChatModel) -> ModelReply:
    return call_model(client, MESSAGES, tag="generate")


def async_call(client: BaseChatModel) -> ModelReply:
    return asyncio.run(acall_model(client, MESSAGES, tag="generate"))


@pytest.fixture(params=[sync_call, async_call], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    return request.param  # type: ignore[no-any-return]  # the parameters above


def test_answer_comes_with_usage_and_finish_reason(call: Call) -> None:
    with GeminiServer([Text("x = 1", input_tokens=5, output_tokens=3)]) as server:
        reply = call(client_of(server))
    assert reply == ModelReply("x = 1", 5, 3, "STOP")
    [request] = server.requests
    assert request.path.endswith("/models/gemini-2.5-flash:generateContent")
    assert request.headers["x-goog-api-key"] == KEY
    assert request.prompt == "You write Python.\nSum column a"
    assert request.json["generationConfig"]["temperature"] == 0.0


def test_thoughts_are_not_in_the_text(call: Call) -> None:
    with GeminiServer([Text("x = 1", thought="Let me think")]) as server:
        assert call(client_of(server)).text == "x = 1"


def test_one_client_serves_several_event_loops() -> None:
    with GeminiServer([Text("one"), Text("two"), Text("three")]) as server:
        client = client_of(server)
        assert [async_call(client).text for _ in range(3)] == ["one", "two", "three"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_status_that_may_pass_is_transient_and_tried_once(status: int, call: Call) -> None:
    with (
        GeminiServer([Failure(status, retry_after_s=1)]) as server,
        pytest.raises(ModelTransientError, match=r"gemini-2\.5-flash") as caught,
    ):
        call(client_of(server))
    assert is_transient(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_status_that_stays_is_a_request_error(status: int, call: Call) -> None:
    with (
        GeminiServer([Failure(status, f"API key not valid: {KEY}")]) as server,
        pytest.raises(ModelRequestError) as caught,
    ):
        call(client_of(server))
    assert not is_transient(caught.value)
    assert "API key not valid: [redacted]" in str(caught.value)
    # A cause that quotes the key would put it into every traceback.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert len(server.requests) == 1


def test_cause_without_a_key_is_kept() -> None:
    with (
        GeminiServer([Failure(404, "no such model")]) as server,
        pytest.raises(ModelRequestError) as caught,
    ):
        sync_call(client_of(server))
    assert type(caught.value.__cause__).__name__ == "GoogleModelNotFoundError"


def test_dropped_connection_is_transient(call: Call) -> None:
    with GeminiServer([Dropped()]) as server, pytest.raises(ModelTransientError):
        call(client_of(server))


def test_refused_connection_is_transient(call: Call) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ModelTransientError):
        call(create_client("gemini-2.5-flash", api_key=KEY, base_url=url))


def test_timeout_is_transient_and_kept(call: Call) -> None:
    with GeminiServer([Slow(30)]) as server:
        started = time.monotonic()
        with pytest.raises(ModelTransientError, match="Timeout"):
            call(client_of(server, timeout_s=0.5))
        assert time.monotonic() - started < 10


ANSWERS = [
    (Blocked(), "blocked"),
    (Blocked("PROHIBITED_CONTENT"), "blocked"),
    (Text("", "SAFETY"), "blocked"),
    (Text("half of it", "SAFETY"), "blocked"),
    (Text("x =", "MAX_TOKENS"), "truncated"),
    (Text("", "MAX_TOKENS"), "truncated"),
    (Text(""), "empty"),
    (Text("  \n"), "empty"),
    (Text("", thought="only thought"), "empty"),
]


@pytest.mark.parametrize(("reply", "kind"), ANSWERS, ids=str)
def test_unusable_answer_is_named(reply: Any, kind: str, call: Call) -> None:
    with GeminiServer([reply]) as server, pytest.raises(ModelAnswerError) as caught:
        call(client_of(server))
    assert caught.value.kind == kind
    assert not is_transient(caught.value)
    # Paid for all the same.
    paid = (11, 7) if isinstance(reply, Text) else (0, 0)
    assert (caught.value.input_tokens, caught.value.output_tokens) == paid


@pytest.mark.parametrize(
    "body", [b'{"candidates": [{"content"', b"<html>a page</html>", b"", b"[1]"]
)
def test_what_is_no_answer_is_asked_for_again(body: bytes, call: Call) -> None:
    with GeminiServer([Malformed(body)]) as server, pytest.raises(ModelTransientError):
        call(client_of(server))


class Tokens(BaseCallbackHandler):
    """Hears what LangGraph's own handlers hear."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.starts = 0

    def on_chat_model_start(self, *args: Any, tags: list[str] | None = None, **_: Any) -> None:
        self.starts += 1
        self.tags = tags or []


def test_tag_joins_the_tags_of_the_config(call: Call) -> None:
    heard = Tokens()
    config: RunnableConfig = {"callbacks": [heard], "tags": ["mine"]}
    with GeminiServer([Text("x")]) as server:
        call_model(client_of(server), MESSAGES, tag="generate", config=config)
    assert (heard.starts, set(heard.tags)) == (1, {"mine", "generate"})
    assert config["tags"] == ["mine"]


def test_streaming_through_langgraph_gives_the_same_reply() -> None:
    from langgraph.graph import START, StateGraph
    from typing_extensions import TypedDict

    class State(TypedDict, total=False):
        reply: dict[str, Any]

    script = Text("unused", chunks=["x ", "= ", "1"], input_tokens=5, output_tokens=3)
    with GeminiServer([script]) as server:
        client = client_of(server)

        def ask(state: State, config: RunnableConfig) -> State:
            return {"reply": vars(call_model(client, MESSAGES, tag="generate", config=config))}

        graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile()
        streamed: list[Any] = list(graph.stream({}, stream_mode=["messages", "values"]))
    texts = [part[0].text for mode, part in streamed if mode == "messages"]
    tags = [part[1]["tags"] for mode, part in streamed if mode == "messages"]
    assert "".join(texts) == "x = 1"
    assert all("generate" in node_tags for node_tags in tags)
    expected: dict[str, Any] = {"text": "x = 1", "input_tokens": 5, "output_tokens": 3}
    expected |= {"finish_reason": "STOP", "cached": False}
    assert streamed[-1] == ("values", {"reply": expected})
    assert server.requests[0].streamed


def test_failures_while_streaming_are_translated() -> None:
    with GeminiServer([Failure(503), Dropped(), Text("x =", "MAX_TOKENS")]) as server:
        client = client_of(server).model_copy(update={"streaming": True})
        kinds: list[type[ModelError]] = [ModelTransientError, ModelTransientError, ModelAnswerError]
        for kind in kinds:
            with pytest.raises(kind):
                sync_call(client)
    assert all(request.streamed for request in server.requests)
