"""A cached answer passes through a model, so that streams and callbacks see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from graph_agent.models import CallLog, create_client
from graph_agent.models.replayed import ReplayedModel
from tests.gemini_server import GeminiServer, Text
from tests.model_calls import call_model

MESSAGES = [HumanMessage("Count")]


class State(TypedDict, total=False):
    unused: str


def pieces(client: BaseChatModel, log: CallLog) -> list[tuple[str, list[str]]]:
    """Return what LangGraph streams of a call in a node: texts, and their tags."""

    def node(state: State, config: RunnableConfig) -> State:
        call_model(client, MESSAGES, tag="generate", config=config, log=log)
        return {}

    graph = StateGraph(State).add_node("ask", node).add_edge(START, "ask").compile()
    streamed: Any = graph.stream({}, stream_mode="messages")
    return [(str(message.text), data["tags"]) for message, data in streamed if message.text]


def test_a_cached_answer_is_streamed_in_one_piece(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "calls", reuse=True)
    with GeminiServer([Text("x = 1", chunks=["x ", "= ", "1"]), Text("not asked for")]) as server:
        client = create_client("gemini-2.5-flash", api_key="k", base_url=server.url)
        first, again = pieces(client, log), pieces(client, log)
        assert [request.streamed for request in server.requests] == [True]
        # An answer that was streamed also serves a call that is not.
        assert call_model(client, MESSAGES, tag="generate", log=log).cached
    assert [text for text, _ in first] == ["x ", "= ", "1"]
    assert again == [("x = 1", ["generate"])]


def test_it_uses_no_tokens() -> None:
    message = ReplayedModel(text="x = 1").invoke(MESSAGES)
    assert (message.text, message.usage_metadata) == ("x = 1", None)
