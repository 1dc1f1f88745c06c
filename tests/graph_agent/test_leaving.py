"""Nobody who leaves a run waits for a model's answer, and an answer that arrives isn't lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from pydantic import PrivateAttr

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph
from graph_agent.config.settings import load_settings
from graph_agent.errors import RunStoppedError
from graph_agent.leaving import LeavableControl, in_daemon_thread, reading
from graph_agent.models import CallLog
from graph_agent.runs.events import CodeToken
from sandbox import DockerSandbox
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict

LEFT_S = 10
"""It takes milliseconds; the model would take much longer than this."""
ANSWER_S = 100
REQUEST = CodeGenerationRequest("Count")


class StallingModel(ScriptedModel):
    """Begins its answers at once, and ends them when ``may_end`` is set, or after a long time."""

    _asked: int = PrivateAttr(default=0)
    _may_end: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def asked(self) -> int:
        return self._asked

    @property
    def may_end(self) -> threading.Event:
        return self._may_end

    def _stream(self, messages: Any, *args: Any, **options: Any) -> Iterator[ChatGenerationChunk]:
        answer = [*self.codes, *self.verdicts][self._asked]
        self._asked += 1
        yield ChatGenerationChunk(message=AIMessageChunk("Well,\n"))
        self._may_end.wait(ANSWER_S)
        yield ChatGenerationChunk(message=AIMessageChunk(answer))

    def _generate(self, messages: Any, *args: Any, **options: Any) -> ChatResult:
        return generate_from_stream(self._stream(messages))


@pytest.fixture
def model() -> Iterator[StallingModel]:
    model = StallingModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    yield model
    model.may_end.set()


def half_read(workflow: AgentWorkflow) -> Any:
    events = workflow.stream()
    assert any(isinstance(event, CodeToken) for event in events)
    return events


def test_closing_a_stream_waits_for_no_answer_and_keeps_it(
    model: StallingModel, sandbox: DockerSandbox
) -> None:
    events = half_read(AgentWorkflow(REQUEST, model, thread_id="t", sandbox=sandbox))
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < LEFT_S
    model.may_end.set()
    calls = CallLog(load_settings().state_dir / "calls")
    while next(calls.calls("t")).answer is None:
        assert time.monotonic() - began < ANSWER_S
        time.sleep(0.05)
    result = AgentWorkflow.resume("t", model, sandbox=sandbox).run_sync()
    assert result.success
    assert model.asked == 2, "the answer was paid for twice"


def test_a_break_leaves_too(model: StallingModel, sandbox: DockerSandbox) -> None:
    began = time.monotonic()
    for event in AgentWorkflow(REQUEST, model, sandbox=sandbox).stream():
        if isinstance(event, CodeToken):
            break
    assert time.monotonic() - began < ANSWER_S / 2


def test_closing_the_graphs_own_stream(model: StallingModel, sandbox: DockerSandbox) -> None:
    graph = build_graph(model, InMemorySaver(), sandbox=sandbox)
    thread: Any = {"configurable": {"thread_id": "t"}}
    chunks: Any = graph.stream(REQUEST.to_input(), thread, stream_mode="messages")
    next(chunks)
    began = time.monotonic()
    chunks.close()
    assert time.monotonic() - began < LEFT_S
    assert graph.get_state(thread).next == ("generate",)


def test_stopping_from_another_thread(model: StallingModel, sandbox: DockerSandbox) -> None:
    workflow = AgentWorkflow(REQUEST, model, sandbox=sandbox)
    threading.Timer(2, workflow.stop).start()
    began = time.monotonic()
    with pytest.raises(RunStoppedError):
        workflow.run_sync()
    assert time.monotonic() - began < ANSWER_S / 2


async def test_leaving_an_astream_unlocks_the_run(
    model: StallingModel, sandbox: DockerSandbox
) -> None:
    for workflow in (
        AgentWorkflow(REQUEST, model, thread_id="t", sandbox=sandbox),
        AgentWorkflow.resume("t", model, sandbox=sandbox),
    ):
        events = workflow.astream()
        async for event in events:
            if isinstance(event, CodeToken):
                break
        began = time.monotonic()
        await events.aclose()
        assert time.monotonic() - began < LEFT_S


def test_a_cancelled_run_ends_with_its_event_loop(
    model: StallingModel, sandbox: DockerSandbox
) -> None:
    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(AgentWorkflow(REQUEST, model, sandbox=sandbox).run(), 2)

    began = time.monotonic()
    asyncio.run(cancelled())  # also waits for the threads of asyncio.to_thread
    assert time.monotonic() - began < ANSWER_S / 2


def test_the_code_of_a_run_that_is_left_ends_in_a_sandbox_of_the_callers_too(
    sandbox: DockerSandbox,
) -> None:
    code = fenced(f"print('up', flush=True)\nimport time\ntime.sleep({ANSWER_S})")
    model = ScriptedModel(codes=[code])
    ended: Future[None] = Future()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(sandbox, name)

        def run(self, *args: Any, **options: Any) -> Any:
            try:
                return sandbox.run(*args, **options)
            finally:
                ended.set_result(None)

    watched: Any = Watched()
    graph = build_graph(model, sandbox=watched)
    chunks: Any = graph.stream(REQUEST.to_input(), stream_mode="custom")
    next(chunks)
    began = time.monotonic()
    chunks.close()
    assert time.monotonic() - began < LEFT_S
    ended.result(ANSWER_S / 2)


def test_a_control_that_leaves_still_obeys_the_callers() -> None:
    given = RunControl()
    control = LeavableControl.of(given, {})
    assert not control.drain_requested
    given.request_drain("why")
    assert (control.drain_requested, control.drain_reason) == (True, "why")
    assert LeavableControl.of(control, {}) is control
    for _ in range(2):
        control.leave()
    with pytest.raises(GraphDrained):
        control.wait_for(Future())


class ThreadsModel(ScriptedModel):
    """Notes the threads in which it is asked."""

    _threads: set[threading.Thread] = PrivateAttr(default_factory=set)

    @property
    def threads(self) -> set[threading.Thread]:
        return self._threads

    def _generate(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        self._threads.add(threading.current_thread())
        return super()._generate(messages, stop, run_manager, **options)


@pytest.mark.parametrize("leavable", ["nobody", "a control", "another thread"])
def test_only_a_run_that_somebody_could_leave_works_in_other_threads(leavable: str) -> None:
    model = ThreadsModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    graph = build_graph(model, sandbox=InstantSandbox())
    options: Any = {"control": LeavableControl()} if leavable == "a control" else {}
    if leavable == "another thread":
        options["stream_mode"] = ["values", "custom"]  # LangGraph reads the node's stream meanwhile
    graph.invoke(REQUEST.to_input(), **options)
    own = threading.current_thread()
    assert model.threads == {own} if leavable == "nobody" else own not in model.threads


def test_a_run_that_can_be_resumed_works_in_other_threads() -> None:
    """An answer that arrives after the run was left is logged for its resume."""
    model = ThreadsModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    graph = build_graph(model, InMemorySaver(), sandbox=InstantSandbox())
    graph.invoke(REQUEST.to_input(), {"configurable": {"thread_id": "t"}})
    assert threading.current_thread() not in model.threads


def test_work_in_a_thread_returns_or_raises() -> None:
    assert in_daemon_thread(lambda: 1).result() == 1
    with pytest.raises(ZeroDivisionError):
        in_daemon_thread(lambda: 1 / 0).result()


class Run:
    """Counts how often it is stopped."""

    stopped = 0

    def leave(self) -> None:
        self.stopped += 1

    def events(self, count: int) -> Iterator[int]:
        numbers = iter(range(count))
        with reading(self, numbers) as current:
            for number in numbers:
                current.note()
                yield number


def test_only_a_stream_left_half_read_stops_its_run() -> None:
    run = Run()
    assert list(run.events(3)) == [0, 1, 2]
    assert run.stopped == 0
    events = run.events(3)
    next(events)
    del events
    assert run.stopped == 1


PROGRAM = """
import concurrent.futures, threading, time
from tests.graph_agent.test_leaving import Run
class Known(Run):
    def __init__(self, name):
        self.name, self.left = name, threading.Event()
    def leave(self):
        print("stopped", self.name, flush=True)
        self.left.set()
main, other = Known("main"), Known("other")
events = main.events(3)
next(events)
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(main.left.wait, 600)
def read_on():
    for number in other.events(3):
        time.sleep(0.3)
    print("read", number, flush=True)
threading.Thread(target=read_on).start()
"""


def test_the_end_of_the_main_thread_stops_what_it_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[:2] == ["stopped main", "read 2"], done
