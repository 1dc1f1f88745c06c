"""Calls inside a graph whose messages are streamed come out as those that are not.

LangGraph's handler makes the real Gemini client stream although it is invoked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from graph_agent.errors import ModelAnswerError, ModelError, ModelTransientError
from graph_agent.models import create_client
from tests.gemini_server import (
    Blocked,
    BrokenOff,
    Dropped,
    Failure,
    GeminiServer,
    Malformed,
    Reply,
    Text,
    events_of,
)
from tests.model_calls import call_for_json, call_model

MESSAGES = [HumanMessage("Judge this")]
GOOD = '{"success": true}'
PIECES = [GOOD[:3], GOOD[3:9], GOOD[9:]]


class Verdict(BaseModel):
    success: bool


class State(TypedDict, total=False):
    unused: str


def text_call(client: BaseChatModel, config: RunnableConfig) -> object:
    return call_model(client, MESSAGES, tag="generate", config=config)


def json_call(client: BaseChatModel, config: RunnableConfig) -> object:
    return call_for_json(client, MESSAGES, Verdict, tag="analyze", config=config)


Call = Callable[[BaseChatModel, RunnableConfig], object]


@pytest.fixture(params=[text_call, json_call], ids=["text", "json"])
def call(request: pytest.FixtureRequest) -> Call:
    return request.param  # type: ignore[no-any-return]  # the parameters above


def outcome_of(call: Call, reply: Reply, *, streamed: bool) -> object:
    """Make a call in a graph; return what it returns, or its error."""
    outcomes: list[object] = []
    with GeminiServer([reply]) as server:
        client = create_client("gemini-2.5-flash", api_key="not-a-key", base_url=server.url)

        def ask(state: State, config: RunnableConfig) -> State:
            try:
                outcomes.append(call(client, config))
            except ModelError as error:
                outcomes.append(error)
            return {}

        graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile()
        if streamed:
            list(graph.stream({}, stream_mode=["messages"]))
        else:
            graph.invoke({})
        assert [request.streamed for request in server.requests] == [streamed] * len(
            server.requests
        )
    [outcome] = outcomes
    return outcome


def comparable(outcome: object) -> object:
    """Return what callers look at."""
    if isinstance(outcome, ModelAnswerError):
        return type(outcome), outcome.kind, outcome.input_tokens, outcome.output_tokens
    return type(outcome) if isinstance(outcome, ModelError) else outcome


SAME: list[Any] = [
    Text(GOOD, chunks=PIECES, input_tokens=5, output_tokens=3),
    Text(GOOD, chunks=PIECES, thought="Let me think"),
    Text(GOOD, "MAX_TOKENS", chunks=PIECES[:2]),
    Text(GOOD, "SAFETY", chunks=PIECES),
    Text("", "SAFETY"),
    Text("", "MAX_TOKENS", thought="only thought"),
    Text(""),
    Blocked(),
    Failure(400, "no such thing"),
    Failure(404),
    Failure(429),
    Failure(503),
    Dropped(),
    Malformed(),
    Malformed(b"<html>a proxy's page</html>"),
    Malformed(b""),
]


@pytest.mark.parametrize("reply", SAME, ids=lambda reply: str(reply)[:60])
def test_streamed_call_comes_out_the_same(reply: Reply, call: Call) -> None:
    whole = comparable(outcome_of(call, reply, streamed=False))
    assert comparable(outcome_of(call, reply, streamed=True)) == whole


def error_event(status: int, prefix: bytes) -> bytes:
    return prefix + b'{"error": {"code": %d, "message": "m", "status": "S"}}\r\n\r\n' % status


BROKEN: list[tuple[BrokenOff, type[ModelError] | str]] = [
    (BrokenOff(), ModelTransientError),
    (BrokenOff([]), ModelTransientError),
    (BrokenOff(PIECES[:2], cleanly=True), ModelTransientError),
    (BrokenOff(PIECES, cleanly=True), ModelTransientError),
    (BrokenOff([], cleanly=True), ModelTransientError),
    (BrokenOff(then=error_event(503, b"data: "), cleanly=True), ModelTransientError),
    (BrokenOff(then=error_event(503, b""), cleanly=True), ModelTransientError),
    (BrokenOff(then=error_event(429, b""), cleanly=True), ModelTransientError),
    (BrokenOff(then=b'data: {"candidates": [{"cont\r\n\r\n', cleanly=True), ModelTransientError),
    (
        BrokenOff(then=events_of([{"promptFeedback": {"blockReason": "SAFETY"}}]), cleanly=True),
        "blocked",
    ),
]


@pytest.mark.parametrize(("reply", "expected"), BROKEN, ids=lambda value: str(value)[:60])
def test_a_stream_that_breaks_off_fails(
    reply: BrokenOff, expected: type[ModelError] | str, call: Call
) -> None:
    error = outcome_of(call, reply, streamed=True)
    assert getattr(error, "kind", type(error)) == expected
