"""aegra, the open server, serves langgraph.json as it is, with its checkpoints in Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import UnprocessableEntityError

from tests.aegra_server import HOW, aegra_server, installed
from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.cli.command import KEY
from tests.graph_agent.studio.conftest import GRAPH, Studio
from tests.postgres_server import PostgresServer
from tests.scripted_model import fenced, verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.docker,
    pytest.mark.skipif(installed() is None, reason=HOW),
]
GOOD = Text(verdict(True))
ONE = Text(fenced("x = 1"))


@pytest.fixture(scope="module")
def aegra(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Studio]:
    python = installed()
    assert python is not None
    folder = tmp_path_factory.mktemp("aegra") / "server"
    with GeminiServer([Text("not scripted")]) as gemini, postgres.database() as url:
        environ = {
            "GOOGLE_GEMINI_BASE_URL": gemini.url,
            "GEMINI_API_KEY_FOR_CODEGEN_AGENT": KEY,
        }
        with (
            aegra_server(folder, python, url, environ) as server,
            get_sync_client(url=server.url) as client,
        ):
            yield Studio(server, client, gemini)


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


def test_a_chat_with_a_follow_up_and_a_stream(aegra: Studio) -> None:
    thread = aegra.thread()
    out = aegra.run(thread, [ONE, GOOD], input=said("Set x"))
    assert out["messages"][-1]["content"].startswith("Answer: 1")
    aegra.gemini.script([Text(fenced("y = x + 1")), GOOD])
    stream = aegra.client.runs.stream(
        thread, GRAPH, input=said("One more"), stream_mode=["updates", "values"]
    )
    parts: list[Any] = [(part.event, part.data) for part in stream]
    steps = [node for event, data in parts if event == "updates" for node in data]
    assert steps == ["generate", "execute", "analyze", "decide"]
    values = [data for event, data in parts if event == "values"][-1]
    assert values["messages"][-1]["content"].startswith("Answer: 2")


def test_an_error_reaches_a_remote_graph_and_aegra_resumes_no_run_without_input(
    aegra: Studio,
) -> None:
    graph = RemoteGraph(GRAPH, sync_client=aegra.client)
    thread: Any = {"configurable": {"thread_id": aegra.thread()}}
    aegra.gemini.script([ONE, Failure(400, "no")])
    with pytest.raises(RemoteException):
        graph.invoke(said("Set x"), thread)
    with pytest.raises(UnprocessableEntityError):  # aegra 0.11 takes no run without an input
        graph.invoke(None, thread)
    assert KEY not in aegra.server.log


def test_an_approval(aegra: Studio) -> None:
    thread = aegra.thread()
    aegra.run(thread, [ONE], input=said("Set x", approve="always"))
    state: Any = aegra.client.threads.get_state(thread)
    assert state["next"] == ["execute"]
    out = aegra.run(thread, [GOOD], command={"resume": "approve"})
    assert out["messages"][-1]["content"].startswith("Answer: 1")
