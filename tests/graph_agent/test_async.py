"""``ainvoke`` and ``astream`` never block: looked at by the detector LangGraph's server uses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from blockbuster import BlockingError, blockbuster_ctx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph
from graph_agent.context import AgentContext
from graph_agent.events import Printed
from graph_agent.settings import load_settings
from sandbox import DockerSandbox
from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.test_streaming import client_of
from tests.scripted_model import fenced, verdict

THREAD: Any = {"configurable": {"thread_id": "t"}}
GOOD = Text(verdict(True))
WAITS = Text(fenced("print('up', flush=True)\nimport time\ntime.sleep(25)"))


@dataclass(frozen=True)
class Made:
    """A graph made before the event loop runs, and the server its model is asked at."""

    server: GeminiServer
    graph: Any


@pytest.fixture
def made(sandbox: DockerSandbox) -> Iterator[Made]:
    with GeminiServer([GOOD]) as server:
        yield Made(server, build_graph(client_of(server), InMemorySaver(), sandbox=sandbox))


@pytest.fixture
def detector() -> Iterator[None]:
    """Raise where anything of ours, or called by ours, blocks an event loop."""
    with blockbuster_ctx(["graph_agent", "nodes", "sandbox"]):
        yield


@pytest.mark.usefixtures("detector")
async def test_the_detector_is_on() -> None:
    with pytest.raises(BlockingError):
        load_settings()  # looks for .env files


@pytest.mark.usefixtures("detector")
async def test_a_run_with_a_retry_an_edit_and_a_figure(made: Made) -> None:
    made.server.script(
        [
            Failure(503, "overloaded"),
            Text(fenced("1 / 0")),
            Text(verdict(False)),
            Text(fenced("x = 0")),
            GOOD,
        ]
    )
    request = CodeGenerationRequest("Draw it", {"n": 3}, approve="always", privacy="sample")
    input_ = await asyncio.to_thread(request.to_input)
    await made.graph.ainvoke(input_, THREAD)
    await made.graph.ainvoke(Command(resume="approve"), THREAD)
    code = "import matplotlib.pyplot as plt\nplt.plot([1, n])\nx = n"
    edit = {"decision": "edit", "code": code}
    await made.graph.ainvoke(Command(resume=edit), THREAD)
    out = await made.graph.ainvoke(Command(resume="approve"), THREAD)
    assert out["success"], out
    assert len(out["attempts"]) == 2
    assert out["attempts"][1]["execution"]["figures"][0]["mime"] == "image/png"
    assert made.server.requests[-1].pictures


@pytest.mark.usefixtures("detector")
async def test_files_and_the_context(made: Made) -> None:
    made.server.script([Text(fenced("x = len(words)")), GOOD])
    files = [{"name": "words", "content": "WzEsIDJd", "file_name": "words.json"}]
    given: Any = {"request": "Count the words", "files": files}
    context = AgentContext(max_attempts=1, privacy="schema")
    out = await made.graph.ainvoke(given, THREAD, context=context)
    assert out["success"]
    # The context's privacy is the stricter: the model is not told that it is 2.
    assert out["attempts"][0]["execution"]["variables"][0]["summary"] == "x: int"


async def test_others_go_on_meanwhile(sandbox: DockerSandbox) -> None:
    ticks, pause_s = 0, 0.02

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(pause_s)
            ticks += 1

    slow = Text(fenced("import time\ntime.sleep(1.5)\nx = 1"))
    with GeminiServer([slow, GOOD]) as server:
        graph = build_graph(client_of(server), sandbox=sandbox)
        ticking = asyncio.create_task(tick())
        out = await graph.ainvoke(CodeGenerationRequest("Wait").to_input())
        ticking.cancel()
    assert out["success"]
    # Had the container's run held the loop, a few ticks would have come before and after.
    assert ticks * pause_s > 0.5


async def test_runs_side_by_side_keep_to_themselves(sandbox: DockerSandbox) -> None:
    async def one(n: int) -> Any:
        with GeminiServer([Text(fenced(f"x = n + {n}")), GOOD]) as server:
            request = CodeGenerationRequest("Add", {"n": 100 * n})
            workflow = AgentWorkflow(request, client_of(server), sandbox=sandbox)
            return (await workflow.run()).variables["x"]

    assert await asyncio.gather(*(one(n) for n in range(4))) == [0, 101, 202, 303]


async def test_an_astream_that_is_left_waits_for_no_container() -> None:
    with DockerSandbox() as own, GeminiServer([WAITS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=own)
        input_ = CodeGenerationRequest("Wait").to_input()
        chunks = graph.astream(input_, THREAD, stream_mode="custom")
        # Shorter than the code sleeps.
        await asyncio.wait_for(until_something_is_printed(chunks), 20)
        state: Any = await graph.aget_state(THREAD)
        assert state.next == ("execute",)
        server.script([Text(fenced("x = 1")), GOOD])
        out = await graph.ainvoke({"request": "Another"}, THREAD)
        assert out["success"]


async def until_something_is_printed(chunks: Any) -> None:
    """Follow a run so far, then go away as a client does."""
    async for chunk in chunks:
        if chunk.get("event") == "output":
            break
    await chunks.aclose()


async def test_a_cancelled_workflow_stops_and_can_be_taken_up() -> None:
    with GeminiServer([WAITS]) as server:
        client = client_of(server)
        await left_while_it_runs(
            AgentWorkflow(CodeGenerationRequest("Wait"), client, thread_id="t")
        )
        running = asyncio.create_task(AgentWorkflow.resume("t", client).run())
        await asyncio.sleep(1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        # Nobody holds the thread any more, and nothing is asked twice.
        await left_while_it_runs(AgentWorkflow.resume("t", client))
    assert len(server.requests) == 1


async def left_while_it_runs(workflow: AgentWorkflow) -> None:
    """Follow a run until its code has printed something, and leave it."""
    events = workflow.astream()
    async for event in events:
        if isinstance(event, Printed):
            break
    began = time.monotonic()
    await events.aclose()
    assert time.monotonic() - began < 15, "it was not ended, it came to its end"
