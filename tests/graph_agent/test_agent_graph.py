"""A bare graph works alone on its threads, wherever its caller keeps them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from graph_agent import AgentWorkflow, CodeGenerationRequest, ThreadError, build_graph
from graph_agent.agent_graph import with_request_defaults
from graph_agent.checkpoints import open_checkpoints, thread_lock
from graph_agent.config.settings import Settings
from tests.benchmarks.instant import InstantSandbox
from tests.graph_agent.checkpoints.other_processes import PROCESSES, lock_elsewhere
from tests.scripted_model import ScriptedModel, fenced, verdict

GO: Any = {"request": "Set x"}
SANDBOX: Any = InstantSandbox()


def model(*answers: Any) -> ScriptedModel:
    return ScriptedModel(
        codes=[*answers, fenced("x = 1"), fenced("x = 2")], verdicts=[verdict(True)] * 5
    )


def on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def _invoke(settings: Settings, asked: Connection, go_on: Connection) -> None:
    def answer(_: object) -> str:
        asked.send(True)
        go_on.recv()
        return fenced("x = 1")

    with open_checkpoints(settings) as saver:
        graph = build_graph(model(answer), saver, sandbox=SANDBOX, settings=settings)
        graph.invoke(GO, on("t"))


def test_the_second_of_two_processes_gets_an_error(either: Settings) -> None:
    asked, theirs = PROCESSES.Pipe(duplex=False)
    for_it, go_on = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_invoke, args=(either, theirs, for_it))
    process.start()
    answers = model()
    try:
        assert asked.poll(120)
        with open_checkpoints(either) as saver:
            graph = build_graph(answers, saver, sandbox=SANDBOX, settings=either)
            with pytest.raises(ThreadError, match=rf"process {process.pid}\b.* the run 't'"):
                graph.invoke(GO, on("t"))
            assert answers.seen == []
            assert graph.invoke(GO, on("u"))["success"]  # another thread is free
            go_on.send(True)
            process.join(60)
            assert process.exitcode == 0
            assert graph.get_state(on("t")).values["success"]
            assert graph.invoke(GO, on("t"))["success"]  # free again
    finally:
        process.kill()
        process.join()


def test_a_workflow_and_a_bare_graph_exclude_each_other(either: Settings) -> None:
    with open_checkpoints(either) as saver:
        graph = build_graph(model(), saver, sandbox=SANDBOX, settings=either)
        with (
            lock_elsewhere(either, "t"),
            pytest.raises(ThreadError, match="the run 't'"),
        ):
            graph.invoke(GO, on("t"))
        stream = graph.stream(GO, on("t"), stream_mode="updates")
        next(stream)
        with pytest.raises(ThreadError, match="this process"):
            AgentWorkflow.resume("t", model(), sandbox=SANDBOX, settings=either).run_sync()
        stream.close()
        with thread_lock(either, "t"):
            pass
        workflow = AgentWorkflow(
            CodeGenerationRequest("Set x"), model(), sandbox=SANDBOX, settings=either
        )
        assert workflow.run_sync(progress=False).success  # it doesn't lock itself out


@pytest.fixture
def own(tmp_path: Path) -> Iterator[SqliteSaver]:
    """A saver of the user's."""
    with SqliteSaver.from_conn_string(str(tmp_path / "own.db")) as saver:
        yield saver


def test_an_error_frees_the_thread(own: SqliteSaver) -> None:
    graph = build_graph(model(RuntimeError("gone")), own, sandbox=SANDBOX)
    with pytest.raises(Exception, match="gone"):
        graph.invoke(GO, on("t"))
    assert graph.invoke(None, on("t"))["success"]


async def test_an_asynchronous_stream_that_is_left_frees_the_thread(tmp_path: Path) -> None:
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "own.db")) as saver:
        graph = build_graph(model(), saver, sandbox=SANDBOX)
        async for _ in graph.astream(GO, on("t"), stream_mode="updates"):
            break
        assert (await graph.ainvoke(None, on("t")))["success"]
        both = await asyncio.gather(
            *(graph.ainvoke(GO, on("u")) for _ in range(2)), return_exceptions=True
        )
        assert sum(isinstance(each, ThreadError) for each in both) <= 1
        assert any(isinstance(each, dict) and each["success"] for each in both)


def test_parallel_nodes_of_a_parent_share_a_thread(own: SqliteSaver) -> None:
    class State(TypedDict, total=False):
        request: str

    answers = model(fenced("x = 3"))
    agent = build_graph(answers, own, sandbox=SANDBOX)
    together = threading.Barrier(2, timeout=60)

    def work(_: State) -> State:
        together.wait()
        assert agent.invoke(GO)["success"]
        return {}

    graph = StateGraph(State).add_node("work", work)
    graph.add_conditional_edges(START, lambda _: [Send("work", {}), Send("work", {})])
    graph.add_edge("work", END)
    graph.compile(own).invoke({"request": ""}, on("t"))
    assert answers.calls.count("generate") == 2


def test_a_message_brings_its_own_checks_or_none() -> None:
    given = with_request_defaults({"messages": ["Hi"], "returns": ["a"]})
    assert given == {
        "messages": ["Hi"],
        "returns": ["a"],
        "checks": None,
        "return_types": {},
        "skip_rules": [],
        "decision": None,
    }
    assert with_request_defaults({"request": "Go"}) == {"request": "Go", "decision": None}
    for other in (None, {}, {"messages": []}, {"decision": "retry"}):
        assert with_request_defaults(other) in (other, {"messages": [], "decision": None})
