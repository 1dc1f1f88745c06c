"""Going another way from an attempt of a run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph_agent import AgentWorkflow, CodeGenerationRequest, RequestError, ThreadError, build_graph
from graph_agent.checkpoints import open_saver, runs
from graph_agent.request import default_store
from graph_agent.settings import Settings
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict


def model_of(*codes: str, good: bool = True) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(one) for one in codes], verdicts=[verdict(good)] * 5)


@pytest.fixture
def solved(sandbox: DockerSandbox) -> Any:
    """A run of two attempts, the second solved it."""
    model = ScriptedModel(
        codes=[fenced("total = df['b'].sum()"), fenced("total = df['a'].sum()")],
        verdicts=[verdict(False, plan="Use a."), verdict(True, why="Six.")],
    )
    request = CodeGenerationRequest("Sum of a", {"df": pd.DataFrame({"a": [1, 2, 3]})})
    return AgentWorkflow(request, model, 3, sandbox=sandbox, thread_id="first").run_sync()


def forked(model: ScriptedModel, sandbox: DockerSandbox, attempt: int, **options: Any) -> Any:
    workflow = AgentWorkflow.fork("first", attempt, model, sandbox=sandbox, **options)
    return workflow.run_sync()


@pytest.mark.parametrize("attempt", [0, 1, 2])
def test_from_each_attempt_with_other_words(
    sandbox: DockerSandbox, solved: Any, settings: Settings, attempt: int
) -> None:
    model = model_of("top = df['a'].max()")
    result = forked(model, sandbox, attempt, request_text="Largest of a", new_thread_id="second")
    assert (result.success, result.variables["top"]) == (True, 3)
    assert result.code.startswith("# User request: Largest of a\n")
    kept = [one.code for one in solved.attempts[:attempt]]
    assert [one.code for one in result.attempts] == [*kept, "top = df['a'].max()"]
    assert [one.number for one in result.attempts] == list(range(1, attempt + 2))
    assert sum(one.calls for one in result.usage.values()) == 2
    prompt = model.prompt(0)
    assert "Request: Largest of a" in prompt
    assert ("Sum of a" in prompt) is (attempt > 0)
    verdicts = {1: "Attempt 1 did not succeed at what it was before", 2: "Attempt 2 succeeded at"}
    if attempt:
        assert verdicts[attempt] in prompt
        assert kept[-1] in prompt
    # The first run is as it was, and its values were not stored again.
    again = AgentWorkflow.resume("first", model_of(), sandbox=sandbox).run_sync()
    assert again.transcript == solved.transcript
    assert result.output["variables"] == again.output["variables"]
    with open_saver(settings.state_dir) as saver:
        origins = {one.thread_id: one.forked_from for one in runs(saver)}
    assert origins == {"first": "", "second": f"first, attempt {attempt}"}


def test_a_fork_that_fails_is_mended_like_any_other(sandbox: DockerSandbox, solved: Any) -> None:
    model = model_of("top = df['c'].max()", "top = df['a'].max()")
    model.verdicts = [verdict(False), verdict(True)]
    result = forked(model, sandbox, 2, request_text="Largest of a")
    assert [one.number for one in result.attempts] == [1, 2, 3, 4]
    assert "Attempt 3 did not succeed." in model.prompt(2)
    assert "The request has changed" not in model.prompt(2)
    assert "- attempt 2: succeeded" in model.prompt(2)


def test_another_model_from_a_success(sandbox: DockerSandbox, solved: Any) -> None:
    model = model_of("total = int(df['a'].to_numpy().sum())")
    result = forked(model, sandbox, 2)
    assert result.success
    assert "Attempt 2 succeeded, and another program is wanted." in model.prompt(0)
    assert "did not succeed.\n" not in model.prompt(0)


def test_of_a_run_that_was_not_solved(sandbox: DockerSandbox) -> None:
    request = CodeGenerationRequest("Go")
    first = model_of("x = 1", good=False)
    AgentWorkflow(request, first, 1, sandbox=sandbox, thread_id="first").run_sync()
    model = model_of("x = 2")
    result = forked(model, sandbox, 1)
    assert result.success
    assert "Attempt 1 did not succeed." in model.prompt(0)
    assert AgentWorkflow.resume("first", model, sandbox=sandbox).run_sync().stopped_by == "attempts"


def test_limits_of_a_fork(sandbox: DockerSandbox, solved: Any) -> None:
    # As many more as the run was allowed in all, or what is given, kept ones included.
    more = forked(model_of(*(f"x = {n}" for n in range(9)), good=False), sandbox, 2)
    assert len(more.attempts) == 5
    bad = model_of("x = 1", good=False)
    given = AgentWorkflow.fork("first", 2, bad, 3, sandbox=sandbox, budget={"tokens": 1000})
    assert given.run_sync().stopped_by == "attempts"
    with pytest.raises(RequestError, match="2 attempt.* are kept and the limit is 2"):
        AgentWorkflow.fork("first", 2, bad, 2, sandbox=sandbox).run_sync()


def test_what_cannot_be_forked(sandbox: DockerSandbox, solved: Any) -> None:
    for attempt in (3, -1):
        with pytest.raises(RequestError, match=r"has 2 attempt\(s\); fork from one of them"):
            forked(model_of(), sandbox, attempt)
    with pytest.raises(ThreadError, match="there is no run 'nowhere'"):
        AgentWorkflow.fork("nowhere", 0, model_of(), sandbox=sandbox).run_sync()
    with pytest.raises(ThreadError, match="there is a run of that name already"):
        forked(model_of(), sandbox, 1, new_thread_id="first")
    with pytest.raises(RequestError, match="empty"):
        AgentWorkflow.fork("first", 0, request_text=" ")


def test_langgraphs_own_time_travel(sandbox: DockerSandbox) -> None:
    thread: Any = {"configurable": {"thread_id": "t"}}
    model = model_of("x = 1", "x = 2", "x = 3")
    model.verdicts = [verdict(False), verdict(True), verdict(True)]
    graph = build_graph(model, InMemorySaver(), sandbox=sandbox)
    out = graph.invoke(CodeGenerationRequest("Go").to_input(default_store()), thread)
    assert out["success"]
    history = list(graph.get_state_history(thread))
    retried = next(one for one in history if one.values.get("decision") == "retry")
    other = graph.update_state(retried.config, {"request": "Go elsewhere"})
    out = graph.invoke(None, other)
    assert out["code"] == "# User request: Go elsewhere\nx = 3\n"
    assert [one["number"] for one in out["attempts"]] == [1, 2]
    # Again from there, without a change.
    model.codes.append(fenced("x = 4"))
    model.verdicts.append(verdict(True))
    again = graph.invoke(None, retried.config)
    assert again["success"]
    assert again["code"].startswith("# User request: Go\n")
