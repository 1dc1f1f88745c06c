"""``ainvoke`` and ``astream`` never block, according to the detector of LangGraph's server."""

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
from graph_agent.config.settings import load_settings
from graph_agent.context import AgentContext
from graph_agent.runs.background import interruptible
from graph_agent.runs.events import Printed
from sandbox import DockerSandbox
from tests.gemini_server import Failure, GeminiServer, Text
from tests.graph_agent.runs.test_events import client_of
from tests.scripted_model import fenced, verdict

THREAD: Any = {"configurable": {"thread_id": "t"}}
GOOD = Text(verdict(True))
WAITS = Text(fenced("print('up', flush=True)\nimport time\ntime.sleep(25)"))


@dataclass(frozen=True)
class Made:
    """A graph built before the event loop runs, and the server of its model."""

    server: GeminiServer
    graph: Any


@pytest.fixture
def made(sandbox: DockerSandbox) -> Iterator[Made]:
    with GeminiServer([GOOD]) as server:
        yield Made(server, build_graph(client_of(server), InMemorySaver(), sandbox=sandbox))


@pytest.fixture
def detector() -> Iterator[None]:
    """Raise if our code, or code it calls, blocks an event loop."""
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
    # The context's privacy is stricter, so the summary doesn't show that it is 2.
    assert out["attempts"][0]["execution"]["variables"][0]["summary"] == "x: int"


async def test_other_tasks_keep_running(sandbox: DockerSandbox) -> None:
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
    # If the container's run had blocked the loop, there would only be a few ticks.
    assert ticks * pause_s > 0.5


async def test_concurrent_runs_are_independent(sandbox: DockerSandbox) -> None:
    async def answer_for(n: int) -> Any:
        with GeminiServer([Text(fenced(f"x = n + {n}")), GOOD]) as server:
            request = CodeGenerationRequest("Add", {"n": 100 * n})
            workflow = AgentWorkflow(request, client_of(server), sandbox=sandbox)
            return (await workflow.run()).variables["x"]

    assert await asyncio.gather(*(answer_for(n) for n in range(4))) == [0, 101, 202, 303]


async def test_leaving_an_astream_ends_its_container() -> None:
    with DockerSandbox() as own, GeminiServer([WAITS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=own)
        input_ = CodeGenerationRequest("Wait").to_input()
        chunks = graph.astream(input_, THREAD, stream_mode="custom")
        # Less than the code sleeps.
        await asyncio.wait_for(until_something_is_printed(chunks), 20)
        state: Any = await graph.aget_state(THREAD)
        assert state.next == ("execute",)
        server.script([Text(fenced("x = 1")), GOOD])
        out = await graph.ainvoke({"request": "Another"}, THREAD)
        assert out["success"]


async def until_something_is_printed(chunks: Any) -> None:
    """Read a stream until the code prints, then leave it."""
    async for chunk in chunks:
        if chunk.get("event") == "output":
            break
    await chunks.aclose()


async def test_a_cancelled_workflow_stops_and_can_be_resumed() -> None:
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
        # The thread is unlocked, and no question is asked twice.
        await left_while_it_runs(AgentWorkflow.resume("t", client))
    assert len(server.requests) == 1


async def left_while_it_runs(workflow: AgentWorkflow) -> None:
    """Read a run's events until its code prints, then leave it."""
    events = workflow.astream()
    async for event in events:
        if isinstance(event, Printed):
            break
    began = time.monotonic()
    await events.aclose()
    assert time.monotonic() - began < 15, "it ended by itself"


def test_chunks_are_produced_when_they_are_asked_for_and_closed() -> None:
    log: list[str] = []

    def chunks() -> Iterator[int]:
        try:
            for number in range(3):
                log.append(f"{number}")
                yield number
        finally:
            log.append("closed")

    events = interruptible(chunks(), lambda: log.append("left"))
    assert next(events) == 0
    time.sleep(0.2)
    assert log == ["0"]
    events.close()
    assert log == ["0", "left", "closed"]
    assert list(interruptible(chunks(), log.clear)) == [0, 1, 2]
    assert log[-1] == "closed"
    with pytest.raises(ZeroDivisionError):
        list(interruptible((1 // n for n in (1, 0)), log.clear))
