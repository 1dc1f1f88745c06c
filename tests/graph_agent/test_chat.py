"""Messages in and out: a chat with the graph, alone and in a parent that shares only these."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import pandas as pd
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command
from typing_extensions import TypedDict

from graph_agent import CodeGenerationRequest, ModelRequestError, RequestError, build_graph
from graph_agent.chat.reply import NAME
from graph_agent.checkpoints import open_checkpoints
from graph_agent.config.settings import Settings
from sandbox import DockerSandbox
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict

GOOD = verdict(True)
TABLE = "import pandas as pd\ntable = pd.DataFrame({'who': ['Ann|', '<b>'], 'n': [1, 2.5]})\ntable"
DRAWS = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\ntotal = 3"
SECRET = "canary-4711"


def model(*codes: str, verdicts: int = 9) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[GOOD] * verdicts)


def on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def chat(sandbox: DockerSandbox, answers: ScriptedModel, **options: Any) -> Any:
    return build_graph(answers, InMemorySaver(), sandbox=sandbox, **options)


class Shared(TypedDict):
    messages: Annotated[list[Any], add_messages]


def parent(sandbox: DockerSandbox, answers: ScriptedModel, **options: Any) -> Any:
    graph = StateGraph(Shared)
    graph.add_node("agent", build_graph(answers, sandbox=sandbox, **options))
    graph.add_edge(START, "agent")
    graph.add_edge("agent", END)
    return graph.compile(InMemorySaver())


def test_a_conversation(sandbox: DockerSandbox) -> None:
    answers = model(TABLE, "n = int(table.n.sum())", DRAWS)
    graph, thread = chat(sandbox, answers), on("t")
    first = graph.invoke({"messages": [("user", "Make a table")]}, thread)
    asked, reply = first["messages"]
    assert isinstance(reply, AIMessage)
    assert reply.name == NAME
    assert reply.content.startswith("Answer: 2 rows × 2 columns\n\n|  | who | n |\n| --- |")
    assert "| 0 | Ann\\| | 1 |" in reply.content
    assert "<b>" not in reply.content
    assert "Solved after 1 attempt" in reply.content
    assert (first["success"], first["request"]) == (True, "Make a table")

    second = graph.invoke({"messages": {"role": "user", "content": "Add up n"}}, thread)
    assert [message.type for message in second["messages"]] == ["human", "ai", "human", "ai"]
    assert second["messages"][:2] == [asked, reply]
    assert second["messages"][-1].content.startswith("Answer: 3\n")
    prompt = answers.prompt(2)
    assert "1. Make a table (solved)" in prompt
    assert "table: pandas.DataFrame" in prompt

    third = graph.invoke({"messages": [HumanMessage("Draw it")]}, thread)
    text, picture = third["messages"][-1].content
    assert text["text"].startswith("Answer: 3")
    assert base64.b64decode(picture["base64"]).startswith(b"\x89PNG")
    assert (picture["type"], picture["mime_type"]) == ("image", "image/png")
    assert "2. Add up n (solved)" in answers.prompt(4)


def test_a_file_in_a_message_lives_on_and_is_in_no_later_checkpoint(
    sandbox: DockerSandbox,
) -> None:
    graph, thread = chat(sandbox, model("a = len(sales)", "b = int(sales.n.sum()) + a")), on("t")
    content = base64.b64encode(f"who,n\n{SECRET},5\n".encode()).decode()
    file = {"type": "file", "base64": content, "mime_type": "text/csv", "filename": "sales.csv"}
    text = {"type": "text", "text": "Count the rows"}
    graph.invoke({"messages": [HumanMessage([text, file])], "privacy": "schema"}, thread)
    out = graph.invoke({"messages": [HumanMessage("And the sum?")]}, thread)
    assert out["messages"][-1].content.startswith("Answer: 6")
    later = [state for state in graph.get_state_history(thread) if state.metadata["step"] > 0]
    assert later
    assert all(content[:12] not in str(state.values) for state in later)
    assert "sales.csv: variable sales" in out["messages"][0].text


def test_a_resumed_run_answers_once(sandbox: DockerSandbox) -> None:
    answers = ScriptedModel(
        codes=[fenced("x = 1"), fenced("x = 2")],
        verdicts=[RuntimeError("gone"), verdict(False), GOOD],
    )
    graph, thread = chat(sandbox, answers), on("t")
    with pytest.raises(ModelRequestError):
        graph.invoke({"messages": [("user", "Set x")], "max_attempts": 1}, thread)
    failed = graph.invoke(None, thread)
    assert [message.type for message in failed["messages"]] == ["human", "ai"]
    assert failed["messages"][-1].content.startswith("Not solved: Seen")
    # More attempts: the new reply takes the place of the first one.
    graph.update_state(
        thread, {"decision": "retry", "max_attempts": 2, "stopped_by": None}, as_node="decide"
    )
    solved = graph.invoke(None, thread)
    assert [message.id for message in solved["messages"]] == [m.id for m in failed["messages"]]
    assert solved["messages"][-1].content.startswith("Answer: 2")


def test_an_approval_in_a_chat(sandbox: DockerSandbox) -> None:
    graph, thread = chat(sandbox, model("x = 1")), on("t")
    waiting = graph.invoke({"messages": [("user", "Set x")], "approve": "always"}, thread)
    assert waiting["__interrupt__"][0].value["code"] == "x = 1"
    assert [message.type for message in waiting["messages"]] == ["human"]
    out = graph.invoke(Command(resume="approve"), thread)
    assert [message.type for message in out["messages"]] == ["human", "ai"]


def test_checks_and_returns_belong_to_their_message(sandbox: DockerSandbox) -> None:
    graph, thread = chat(sandbox, model("x = 1", "y = 2")), on("t")
    given = {"messages": [("user", "Set x")], "checks": "assert x == 1", "returns": ["x"]}
    assert graph.invoke(given, thread)["success"]
    out = graph.invoke({"messages": [("user", "Set y")]}, thread)
    assert out["success"]
    assert out["messages"][-1].content.startswith("Answer: 2")


def test_a_typed_request_on_a_chats_thread_gets_no_message(sandbox: DockerSandbox) -> None:
    graph, thread = chat(sandbox, model("x = 1", "y = 2", "z = y + 1")), on("t")
    graph.invoke({"messages": [("user", "Set x")]}, thread)
    typed = graph.invoke({**CodeGenerationRequest("Set y").to_input()}, thread)
    assert (typed["request"], len(typed["messages"])) == ("Set y", 2)
    out = graph.invoke({"messages": [("user", "One more")]}, thread)
    assert out["messages"][-1].content.startswith("Answer: 3")


def test_values_given_with_a_message_replace_earlier_ones(sandbox: DockerSandbox) -> None:
    graph, thread = chat(sandbox, model("n = len(df)", "m = int(df.a.sum()) + n")), on("t")

    def given(text: str, rows: list[int]) -> dict[str, Any]:
        variables = {"df": pd.DataFrame({"a": rows})}
        typed: Any = CodeGenerationRequest(text, variables).to_input()
        kept = {name: typed[name] for name in ("variables", "summaries")}
        return {"messages": [("user", text)], **kept}

    assert graph.invoke(given("Count", [1, 2, 3]), thread)["messages"][-1].content.startswith(
        "Answer: 3"
    )
    out = graph.invoke(given("Sum and count", [10]), thread)
    assert out["messages"][-1].content.startswith("Answer: 13")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"messages": []}, "the request is empty"),
        ({"messages": [AIMessage("Hello")]}, "no human message"),
        ({"messages": [HumanMessage("")]}, "no text"),
        ({"messages": [42]}, "messages: "),
        ({"messages": [{"content": "no role"}]}, "messages: "),
        ({"messages": "x" * 30_000}, "30000 characters"),
    ],
)
def test_bad_messages_are_one_clear_error(sandbox: DockerSandbox, given: Any, says: str) -> None:
    answers = model()
    with pytest.raises(RequestError, match=says) as raised:
        chat(sandbox, answers).invoke(given, on("t"))
    assert "\n" not in str(raised.value)
    assert answers.seen == []


async def test_streams_of_a_chat(sandbox: DockerSandbox) -> None:
    graph = chat(sandbox, model("x = 1"))
    modes = ["messages", "values"]
    seen = [
        chunk
        async for chunk in graph.astream(
            {"messages": [("user", "Set x")]}, on("t"), stream_mode=modes
        )
    ]
    replies = [chunk[0] for mode, chunk in seen if mode == "messages" and chunk[0].name == NAME]
    assert [reply.text.partition("\n")[0] for reply in replies] == ["Answer: 1"]
    assert seen[-1][1]["messages"][-1] == replies[0]


def test_a_parent_that_shares_only_messages(sandbox: DockerSandbox) -> None:
    answers = model(DRAWS, "again = total + 1")
    graph = parent(sandbox, answers, checkpointer=True)
    out = graph.invoke({"messages": [("user", "Draw")]}, on("t"))
    reply = out["messages"][-1]
    assert [message.type for message in out["messages"]] == ["human", "ai"]
    # Its model gets the text alone; providers refuse a picture in a model's own message.
    assert reply.content.startswith("Answer: 3")
    assert reply.additional_kwargs["figures"][0]["type"] == "image"
    # Built with checkpointer=True, the graph remembers its thread inside the parent.
    out = graph.invoke({"messages": [("user", "One more")]}, on("t"))
    assert [message.type for message in out["messages"]] == ["human", "ai"] * 2
    assert out["messages"][-1].content.startswith("Answer: 4")
    assert "1. Draw (solved)" in answers.prompt(2)


def test_a_parents_model_sees_no_more_than_the_level_allows(sandbox: DockerSandbox) -> None:
    code = f"answer = '{SECRET[:6]}' + '{SECRET[6:]}'\nprint(answer)"
    graph = StateGraph(Shared)
    inner = build_graph(model(code, code), sandbox=sandbox)

    def agent(state: Any) -> Any:
        return {"messages": inner.invoke({**state, "privacy": "schema"})["messages"]}

    graph.add_node("agent", agent)
    graph.add_edge(START, "agent")
    nested = graph.compile().invoke({"messages": [("user", "Go")]})
    assert SECRET not in json.dumps([message.model_dump() for message in nested["messages"]])
    assert "answer" in nested["messages"][-1].content
    alone = inner.invoke({"messages": [("user", "Go")], "privacy": "schema"})
    assert SECRET in alone["messages"][-1].content


def test_messages_are_read_again_from_our_databases(either: Settings) -> None:
    instant: Any = InstantSandbox()
    with open_checkpoints(either) as saver:
        graph = build_graph(model("x = 1"), saver, sandbox=instant, settings=either)
        graph.invoke({"messages": [("user", "Set x")]}, on("t"))
    answers = model("x = 2")
    with open_checkpoints(either) as saver:
        graph = build_graph(answers, saver, sandbox=instant, settings=either)
        kinds = [type(message) for message in graph.get_state(on("t")).values["messages"]]
        assert kinds == [HumanMessage, AIMessage]
        out = graph.invoke({"messages": [("user", "Again")]}, on("t"))
    assert len(out["messages"]) == 4
    assert "1. Set x (solved)" in answers.prompt(0)
