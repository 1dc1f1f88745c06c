"""Resuming a run, and forking it from one of its attempts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph_agent import (
    AgentContext,
    AgentWorkflow,
    ApprovalAnswer,
    CodeGenerationRequest,
    RequestError,
    ThreadError,
    build_graph,
)
from graph_agent.checkpoints import list_runs, open_saver
from graph_agent.config.settings import Settings
from graph_agent.request import default_store
from graph_agent.runs.starts import ResumedRun
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def model_of(*codes: str, good: bool = True) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[verdict(good)] * 5)


@pytest.fixture
def solved(sandbox: OneContainer) -> Any:
    """A run whose second attempt solved the request."""
    model = ScriptedModel(
        codes=[fenced("b = 'b'\ntotal = df[b].sum()"), fenced("total = df['a'].sum()")],
        verdicts=[verdict(False, plan="Use a."), verdict(True, why="Six.")],
    )
    request = CodeGenerationRequest("Sum of a", {"df": pd.DataFrame({"a": [1, 2, 3]})})
    return AgentWorkflow(request, model, 3, sandbox=sandbox, thread_id="first").run_sync()


def forked(model: ScriptedModel, sandbox: OneContainer, attempt: int, **options: Any) -> Any:
    workflow = AgentWorkflow.fork("first", attempt, model, sandbox=sandbox, **options)
    return workflow.run_sync()


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_from_each_attempt_with_another_request(
    sandbox: OneContainer, solved: Any, settings: Settings, attempt: int
) -> None:
    model = model_of("top = df['a'].max()")
    result = forked(model, sandbox, attempt, request_text="Largest of a", new_thread_id="second")
    assert (result.success, result.variables["top"]) == (True, 3)
    assert result.code.startswith("# User request: Largest of a\n")
    kept = [made.code for made in solved.attempts[:attempt]]
    assert [made.code for made in result.attempts] == [*kept, "top = df['a'].max()"]
    assert [made.number for made in result.attempts] == list(range(1, attempt + 2))
    assert sum(usage.calls for usage in result.usage.values()) == 2
    prompt = model.prompt(0)
    assert "Request: Largest of a" in prompt
    assert ("Sum of a" in prompt) is (attempt > 0)
    verdicts = {1: "Attempt 1 did not succeed for", 2: "Attempt 2 succeeded for"}
    if attempt:
        assert verdicts[attempt] in prompt
        assert kept[-1] in prompt
    # The first run is unchanged, and its values were not stored again.
    again = AgentWorkflow.resume("first", model_of(), sandbox=sandbox).run_sync()
    assert again.transcript == solved.transcript
    assert result.output["variables"] == again.output["variables"]
    with open_saver(settings.state_dir) as saver:
        origins = {run.thread_id: run.forked_from for run in list_runs(saver)}
    assert origins == {"first": "", "second": f"first, attempt {attempt}"}


def test_a_failed_attempt_of_a_fork_is_retried(sandbox: OneContainer, solved: Any) -> None:
    model = model_of("c = 'c'\ntop = df[c].max()", "top = df['a'].max()")
    model.verdicts = [verdict(False), verdict(True)]
    result = forked(model, sandbox, 2, request_text="Largest of a")
    assert [attempt.number for attempt in result.attempts] == [1, 2, 3, 4]
    assert "Attempt 3 did not succeed." in model.prompt(2)
    assert "The request has changed" not in model.prompt(2)
    assert "- attempt 2: succeeded" in model.prompt(2)


def test_another_model_from_a_success(sandbox: OneContainer, solved: Any) -> None:
    model = model_of("total = int(df['a'].to_numpy().sum())")
    result = forked(model, sandbox, 2)
    assert result.success
    assert "Attempt 2 succeeded, but a different program is wanted." in model.prompt(0)
    assert "did not succeed.\n" not in model.prompt(0)


def test_of_a_run_that_was_not_solved(sandbox: OneContainer) -> None:
    request = CodeGenerationRequest("Go")
    first = model_of("x = 1", good=False)
    AgentWorkflow(request, first, 1, sandbox=sandbox, thread_id="first").run_sync()
    model = model_of("x = 2")
    result = forked(model, sandbox, 1)
    assert result.success
    assert "Attempt 1 did not succeed." in model.prompt(0)
    assert AgentWorkflow.resume("first", model, sandbox=sandbox).run_sync().stopped_by == "attempts"


def test_limits_of_a_fork(sandbox: OneContainer, solved: Any) -> None:
    # By default as many new attempts as the run was allowed; a given limit includes kept ones.
    more = forked(model_of(*(f"x = {n}" for n in range(9)), good=False), sandbox, 2)
    assert len(more.attempts) == 5
    bad = model_of("x = 1", good=False)
    given = AgentWorkflow.fork("first", 2, bad, 3, sandbox=sandbox, budget={"tokens": 1000})
    assert given.run_sync().stopped_by == "attempts"
    with pytest.raises(RequestError, match="2 attempt.*limit is 2"):
        AgentWorkflow.fork("first", 2, bad, 2, sandbox=sandbox).run_sync()


def test_what_cannot_be_forked(sandbox: OneContainer, solved: Any) -> None:
    for attempt in (3, -1):
        with pytest.raises(RequestError, match="2 attempt"):
            forked(model_of(), sandbox, attempt)
    with pytest.raises(ThreadError, match="'nowhere'"):
        AgentWorkflow.fork("nowhere", 0, model_of(), sandbox=sandbox).run_sync()
    with pytest.raises(ThreadError, match="'first'"):
        forked(model_of(), sandbox, 1, new_thread_id="first")
    with pytest.raises(RequestError, match="empty"):
        AgentWorkflow.fork("first", 0, request_text=" ")


def test_langgraphs_own_time_travel(sandbox: OneContainer) -> None:
    thread: Any = {"configurable": {"thread_id": "t"}}
    model = model_of("x = 1", "x = 2", "x = 3")
    model.verdicts = [verdict(False), verdict(True), verdict(True)]
    graph = build_graph(model, InMemorySaver(), sandbox=sandbox)
    out = graph.invoke(CodeGenerationRequest("Go").to_input(default_store()), thread)
    assert out["success"]
    history = list(graph.get_state_history(thread))
    retried = next(snapshot for snapshot in history if snapshot.values.get("decision") == "retry")
    other = graph.update_state(retried.config, {"request": "Go elsewhere"})
    out = graph.invoke(None, other)
    assert out["code"] == "# User request: Go elsewhere\nx = 3\n"
    assert [attempt["number"] for attempt in out["attempts"]] == [1, 2]
    # From the same checkpoint again, without a change.
    model.codes.append(fenced("x = 4"))
    model.verdicts.append(verdict(True))
    again = graph.invoke(None, retried.config)
    assert again["success"]
    assert again["code"].startswith("# User request: Go\n")


STOPPED: Any = {
    "decision": "give_up",
    "stopped_by": "attempts",
    "max_attempts": 1,
    "attempts": [{"number": 1, "code": "x"}],
}
RESUMED = ResumedRun("t")


def test_a_decided_run_is_finished() -> None:
    done: Any = {"decision": "done"}
    assert RESUMED.finished_state(done, AgentContext()) == done
    assert RESUMED.finished_state({"decision": "retry"}, AgentContext()) is None


def test_a_stopped_run_is_finished_until_it_has_a_higher_limit() -> None:
    assert RESUMED.finished_state(STOPPED, AgentContext()) == STOPPED
    assert RESUMED.finished_state(STOPPED, AgentContext(max_attempts=2)) is None
    tokens = {"generate": {"calls": 1, "input_tokens": 10}}
    state: Any = {**STOPPED, "usage": tokens}
    finished = RESUMED.finished_state(state, AgentContext(max_attempts=2, budget={"tokens": 5}))
    assert finished == {**state, "stopped_by": "tokens"}


def test_an_answer_for_a_finished_run_is_an_error() -> None:
    resumed = ResumedRun("t", ApprovalAnswer(decision="approve"))
    with pytest.raises(RequestError, match="without an answer"):
        resumed.finished_state({"decision": "done"}, AgentContext())


UNUSABLE = [
    "../../escaped", "..", ".", ".hidden", "/etc/passwd", "a/b", "a\\b", "", " ", "a b", "a\nb",
    "a\0",    "-rf", "a.", "x" * 101, "ü" * 101, "日" * 80, "\udc80", 5, b"a",
]  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE, ids=repr)
def test_a_name_that_is_no_name_of_a_folder_is_refused(name: Any, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    request = CodeGenerationRequest("Add")
    for start in (
        lambda: AgentWorkflow(request, ScriptedModel(), thread_id=name),
        lambda: AgentWorkflow.resume(name),
        lambda: AgentWorkflow.fork(name),
        lambda: AgentWorkflow.fork("first", new_thread_id=name),
    ):
        with pytest.raises(RequestError, match="can't name a run"):
            start()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    ["t1", "2024-05-01", "user@example.com", "a.b_c-d:e", "Größe", "x" * 100,
     "5f0c7c4e-6f3b-4c55-9f7e-0d2d8a3f1e11"],
)  # fmt: skip
def test_usual_names_are_usable(name: str) -> None:
    assert AgentWorkflow.resume(name).thread_id == name


def test_langgraph_users_name_their_threads_as_they_like(sandbox: OneContainer) -> None:
    graph = build_graph(model_of("n = 1"), InMemorySaver(), sandbox=sandbox)
    config: Any = {"configurable": {"thread_id": "user@example.com/../1"}}
    out = graph.invoke(CodeGenerationRequest("Give 1").to_input(), config)
    assert out["success"]
    assert graph.get_state(config).values["code"] == out["code"]
