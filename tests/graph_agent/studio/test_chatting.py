"""Chats over the server's API: as Agent Chat UI, Studio's chat and a RemoteGraph use it."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command
from langgraph_sdk import get_client
from typing_extensions import TypedDict

from tests.gemini_server import Failure, Text
from tests.graph_agent.studio.conftest import GRAPH, Studio
from tests.scripted_model import fenced, verdict

GOOD = Text(verdict(True))
ONE, NEXT = Text(fenced("x = 1")), Text(fenced("y = x + 1"))
DRAWS = Text(fenced("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nn = 3"))


def human(text: str, *blocks: Any) -> dict[str, Any]:
    """Return a message as Agent Chat UI sends it."""
    return {"type": "human", "content": [{"type": "text", "text": text}, *blocks]}


def remote(studio: Studio) -> RemoteGraph:
    return RemoteGraph(GRAPH, sync_client=studio.client)


def on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def test_agent_chat_uis_calls(studio: Studio) -> None:
    """It streams values, with tokens as soon as its page shows messages."""
    thread = studio.thread()
    studio.gemini.script([DRAWS, GOOD])
    file = {
        "type": "file",
        "mimeType": "text/csv",
        "data": base64.b64encode(b"a\n5\n").decode(),
        "metadata": {"name": "sales.csv"},
    }
    stream = studio.client.runs.stream(
        thread,
        GRAPH,
        input={"messages": [human("Draw", file)]},
        stream_mode=["values", "messages-tuple"],
        stream_subgraphs=True,
    )
    parts = [(part.event, part.data) for part in stream]
    last: Any = [data for event, data in parts if event == "values"][-1]
    asked, reply = last["messages"]
    assert "sales.csv: variable sales" in str(asked["content"])
    assert [block["type"] for block in reply["content"]] == ["text", "image"]
    named = [data[0] for event, data in parts if event == "messages" and data[0].get("name")]
    assert [message["id"] for message in named] == [reply["id"]]
    # The page then asks for the history, and a second message goes on.
    state: Any = studio.client.threads.get_state(thread)
    assert state["values"]["messages"] == last["messages"]
    out = studio.run(
        thread,
        [Text(fenced("m = n + int(sales.a.sum())")), GOOD],
        input={"messages": [human("Add the sales")]},
    )
    assert [message["type"] for message in out["messages"]] == ["human", "ai", "human", "ai"]
    assert out["messages"][-1]["content"].startswith("Answer: 8")


def test_the_schema_has_chat_messages(studio: Studio) -> None:
    """By it Studio offers its chat."""
    assistant = studio.client.assistants.search(graph_id=GRAPH)[0]
    schemas: Any = studio.client.assistants.get_schemas(assistant["assistant_id"])
    for kind in ("input_schema", "output_schema", "state_schema"):
        items = schemas[kind]["properties"]["messages"]["items"]
        assert "HumanMessage" in str(items)


def test_regenerating_asks_again_from_the_checkpoint(studio: Studio) -> None:
    thread = studio.thread()
    first = studio.run(thread, [ONE, GOOD], input={"messages": [human("Set x")]})
    history: list[Any] = studio.client.threads.get_history(thread, limit=50)
    start = next(state for state in history if state["next"] == ["generate"])
    again = studio.run(
        thread,
        [Text(fenced("x = 2")), GOOD],
        input=None,
        checkpoint_id=start["checkpoint"]["checkpoint_id"],
    )
    assert len(again["messages"]) == 2
    assert again["messages"][0]["id"] == first["messages"][0]["id"]
    assert again["messages"][-1]["content"].startswith("Answer: 2")


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "the request is empty"),
        ([{"type": "ai", "content": "Hi"}], "no human message"),
        ([human("")], "no text"),
        ([human("Go", {"type": "image", "url": "http://127.0.0.1/a.png"})], "nothing is fetched"),
    ],
)
def test_bad_messages_are_an_error_of_one_line(studio: Studio, messages: Any, says: str) -> None:
    answer = studio.run(None, [], input={"messages": messages}, raise_error=False)
    assert says in answer["__error__"]["message"]
    assert studio.gemini.requests == []


def test_a_remote_graph_answers_streams_and_remembers(studio: Studio) -> None:
    graph, thread = remote(studio), on(studio.thread())
    studio.gemini.script([ONE, GOOD])
    out: Any = graph.invoke({"messages": [HumanMessage("Set x")]}, thread)
    assert out["messages"][-1]["content"].startswith("Answer: 1")
    studio.gemini.script([NEXT, GOOD])
    steps = [
        node
        for update in graph.stream(
            {"messages": [{"role": "user", "content": "One more"}]}, thread, stream_mode="updates"
        )
        for node in update
    ]
    assert steps == ["generate", "execute", "analyze", "decide"]
    values: Any = graph.get_state(thread).values
    assert values["messages"][-1]["content"].startswith("Answer: 2")


def test_a_remote_graph_resumes_after_an_error(studio: Studio) -> None:
    graph, thread = remote(studio), on(studio.thread())
    studio.gemini.script([ONE, Failure(400, "no")])
    with pytest.raises(RemoteException, match="ModelRequestError"):
        graph.invoke({"messages": [{"role": "user", "content": "Set x"}]}, thread)
    assert graph.get_state(thread).next == ("analyze",)
    studio.gemini.script([GOOD])
    out: Any = graph.invoke(None, thread)
    assert [message["type"] for message in out["messages"]] == ["human", "ai"]
    assert len(studio.gemini.requests) == 1  # the code isn't paid for again


def test_a_remote_graph_asks_for_approval(studio: Studio) -> None:
    graph, thread = remote(studio), on(studio.thread())
    studio.gemini.script([ONE])
    given = {"messages": [{"role": "user", "content": "Set x"}], "approve": "always"}
    list(graph.stream(given, thread, stream_mode="updates"))
    (question,) = graph.get_state(thread).interrupts
    assert question.value["code"] == "x = 1"
    studio.gemini.script([GOOD])
    out: Any = graph.invoke(Command(resume="approve"), thread)
    assert [message["type"] for message in out["messages"]] == ["human", "ai"]


async def test_a_remote_graph_is_a_node_of_a_supervisor(studio: Studio) -> None:
    class Shared(TypedDict):
        messages: Annotated[list[Any], add_messages]

    studio.gemini.script([ONE, GOOD])
    async with get_client(url=studio.server.url) as client:
        graph = StateGraph(Shared)
        graph.add_node("agent", RemoteGraph(GRAPH, client=client))
        graph.add_edge(START, "agent")
        graph.add_edge("agent", END)
        out = await graph.compile().ainvoke({"messages": [HumanMessage("Set x", id="m1")]})
    asked, reply = out["messages"]
    assert asked.id == "m1"
    assert isinstance(reply, AIMessage)
    assert reply.text.startswith("Answer: 1")
