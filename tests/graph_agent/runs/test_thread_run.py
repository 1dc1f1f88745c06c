"""One run of a thread: approvals, draining, and what is checked first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph_agent import (
    AgentWorkflow,
    ApprovalRequest,
    CodeGenerationRequest,
    Decided,
    Finished,
    Generated,
    RunStoppedError,
    Started,
    Waiting,
)
from graph_agent.checkpoints import list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from graph_agent.context import AgentContext
from graph_agent.records import Approve
from graph_agent.runs.starts import NewRun, ResumedRun
from graph_agent.runs.thread_run import ThreadRun
from sandbox import DockerSandbox, ImageMissingError
from tests.benchmarks.instant import InstantSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict


def thread_run(
    settings: Settings, sandbox: Any, *, approve: Approve = "never", approver: Any = None
) -> ThreadRun:
    model = ScriptedModel(codes=[fenced("x = 1")], verdicts=[verdict(True)])
    start = NewRun("t", CodeGenerationRequest("Go", approve=approve))
    return ThreadRun(start, model, AgentContext(), settings, sandbox, InMemorySaver(), approver)


def drain_after_the_code_is_written(run: ThreadRun) -> None:
    for event in run.events(tokens=False):
        assert not isinstance(event, Decided)
        if isinstance(event, Generated):
            run.control.request_drain()


def test_a_drained_run_stops_between_steps_and_can_be_resumed(
    settings: Settings, sandbox: DockerSandbox
) -> None:
    run = thread_run(settings, sandbox)
    with pytest.raises(RunStoppedError, match="'t'"):
        drain_after_the_code_is_written(run)
    resumed = ThreadRun(
        ResumedRun("t"), run.client, run.context, settings, sandbox, run.checkpointer, None
    )
    *_, last = resumed.events(tokens=False)
    assert isinstance(last, Finished)
    assert last.result.success
    assert isinstance(run.client, ScriptedModel)
    assert run.client.calls == ["generate", "analyze"]
    # Now it is finished, and needs neither model nor sandbox.
    again = list(replace(resumed, client=None, sandbox=None).events(tokens=False))
    assert [type(event) for event in again] == [Started, Finished]


def test_an_approver_is_asked_until_nothing_waits(
    settings: Settings, sandbox: DockerSandbox
) -> None:
    asked: list[ApprovalRequest] = []

    def approver(request: ApprovalRequest) -> str:
        asked.append(request)
        return "approve"

    events = list(
        thread_run(settings, sandbox, approve="always", approver=approver).events(tokens=False)
    )
    assert [request.code for request in asked] == ["x = 1"]
    assert not [event for event in events if isinstance(event, Waiting)]
    assert isinstance(events[-1], Finished)
    assert events[-1].result.success


def test_the_sandbox_is_checked_before_anything_is_saved(settings: Settings) -> None:
    with DockerSandbox(image="codegen-agent-runner:nowhere") as unusable:
        run = thread_run(settings, unusable)
        with pytest.raises(ImageMissingError):
            list(run.events(tokens=False))
    assert isinstance(run.checkpointer, InMemorySaver)
    assert not list(run.checkpointer.list(None))
    assert isinstance(run.client, ScriptedModel)
    assert run.client.calls == []


def test_a_finished_run_keeps_what_resuming_forking_and_showing_need(either: Settings) -> None:
    sandbox: Any = InstantSandbox()
    options: Any = {"settings": either, "sandbox": sandbox}
    model = ScriptedModel(
        codes=[fenced("x = 1"), fenced("x = 2"), fenced("x = 3"), fenced("x = 4")],
        verdicts=[verdict(False), verdict(False), verdict(True), verdict(True)],
    )
    request = CodeGenerationRequest("Go", {"n": 1})
    first = AgentWorkflow(request, model, 2, thread_id="t", **options).run_sync()
    assert (first.success, len(first.attempts)) == (False, 2)
    with open_checkpoints(either) as saver:
        assert len(list(saver.list({"configurable": {"thread_id": "t"}}))) == 1
        assert [run.attempts for run in list_runs(saver)] == [2]
    again = AgentWorkflow.resume("t", model, **options).run_sync()
    assert again.transcript == first.transcript
    more = AgentWorkflow.resume("t", model, 3, **options).run_sync()
    assert (more.success, len(more.attempts)) == (True, 3)
    forked = AgentWorkflow.fork("t", 1, model, new_thread_id="f", **options).run_sync()
    assert [attempt.code for attempt in forked.attempts] == ["x = 1", "x = 4"]
    with open_checkpoints(either) as saver:
        assert len(list(saver.list(None))) == 2
