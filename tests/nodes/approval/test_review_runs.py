"""A person in the loop, on the real sandbox, the model scripted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from graph_agent import AgentWorkflow, CodeGenerationRequest, RequestError, build_graph
from graph_agent.records import ApprovalRequest, Approve
from graph_agent.request import default_store
from graph_agent.runs.events import Event, Executed, Finished, Generated, Waiting
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict

THREAD: Any = {"configurable": {"thread_id": "t"}}
RISKY = "import os\nhome = os.environ.get('HOME')"


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def model_of(*codes: str, good: bool = True) -> ScriptedModel:
    return ScriptedModel(codes=[fenced(code) for code in codes], verdicts=[verdict(good)] * 5)


def workflow(
    model: ScriptedModel, sandbox: OneContainer, approve: Approve = "always", **options: Any
) -> AgentWorkflow:
    request = CodeGenerationRequest("Go", {"n": 3}, approve=approve)
    return AgentWorkflow(request, model, sandbox=sandbox, thread_id="t", **options)


def resumed(model: ScriptedModel, sandbox: OneContainer, answer: Any = None) -> Any:
    """Resume as another process would: from the database, with parts of its own."""
    return AgentWorkflow.resume("t", model, sandbox=sandbox, answer=answer).run_sync()


@pytest.mark.parametrize(
    ("approve", "code", "asked"),
    [
        ("never", RISKY, False),
        ("risky", RISKY, True),
        ("risky", "x = n", False),
        ("always", "x = n", True),
    ],
)
def test_when_a_person_is_asked(
    sandbox: OneContainer, approve: Approve, code: str, asked: bool
) -> None:
    result = workflow(model_of(code), sandbox, approve).run_sync()
    assert (result.waiting_for is not None) is asked
    assert result.success is not asked
    if result.waiting_for is not None:
        assert result.attempts[0].execution is None
        reason = "line 2: it uses os.environ"
        assert (reason in result.waiting_for.reasons) is (code == RISKY)


def test_approved_code_runs(sandbox: OneContainer) -> None:
    model = model_of("x = n + 1")
    waiting = workflow(model, sandbox).run_sync()
    assert waiting.waiting_for == ApprovalRequest(
        attempt=1, code="x = n + 1", reasons=["every run needs approval"]
    )
    assert model.calls == ["generate"]
    result = resumed(model, sandbox, {"decision": "approve", "words": "Go ahead."})
    assert (result.success, result.variables["x"]) == (True, 4)
    assert model.calls == ["generate", "analyze"]
    assert "A person let this code run, and said: Go ahead." in result.transcript
    assert "Go ahead." in model.prompt(1)


def test_edited_code_is_what_runs_and_the_model_knows(sandbox: OneContainer) -> None:
    model = model_of("x = n", "x = n * 3")
    model.verdicts = [verdict(False, plan="Triple it."), verdict(True)]
    workflow(model, sandbox).run_sync()
    edited = {"decision": "edit", "code": "x = n * 2", "words": "Doubled, please."}
    result = resumed(model, sandbox, edited)
    assert result.waiting_for is not None
    assert "-x = n * 2\n+x = n * 3" in result.waiting_for.diff
    first = result.attempts[0]
    assert first.code == "x = n * 2"
    assert first.execution is not None
    assert first.execution.variables["x"] == 6
    assert first.review is not None
    assert first.review.written == "x = n"
    judging, writing = model.prompt(1), model.prompt(2)
    for prompt in (judging, writing):
        assert "A person changed the code before it ran" in prompt
        assert "Doubled, please." in prompt
        assert "x = n * 2" in prompt
    again = resumed(model, sandbox, "approve")
    assert again.success
    assert "A person changed the code before it ran" in again.transcript
    assert "The model had written:\n\n```python\nx = n\n```" in again.transcript


def test_the_edited_code_is_the_results_code(sandbox: OneContainer) -> None:
    model = model_of("x = n")
    workflow(model, sandbox).run_sync()
    result = resumed(model, sandbox, {"decision": "edit", "code": "x = n * 2\n"})
    assert result.code == "# User request: Go\nx = n * 2\n"


def test_rejected_code_does_not_run_and_the_model_is_told_why(sandbox: OneContainer) -> None:
    model = model_of("x = 1", "x = 2")
    workflow(model, sandbox, max_code_generation=2).run_sync()
    second = resumed(model, sandbox, {"decision": "reject", "words": "Use n, not 1."})
    assert second.waiting_for is not None
    assert second.waiting_for.attempt == 2
    assert model.calls == ["generate", "generate"]
    assert "a person rejected the code: Use n, not 1." in model.prompt(1)
    # The last one rejected too: that was the limit.
    result = resumed(model, sandbox, False)
    assert (result.success, result.stopped_by) == (False, "attempts")
    assert [attempt.execution for attempt in result.attempts] == [None, None]
    assert "A person rejected the code, without saying why." in result.explanation
    assert "Not run: a person rejected the code: Use n, not 1.\n" in result.transcript
    assert "A person rejected this code, and said: Use n, not 1." in result.transcript


BAD = ["maybe", "edit", {"decision": "edit", "code": "x = ("}, {"approve": True}]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_answer_leaves_the_question_open(sandbox: OneContainer, bad: Any) -> None:
    model = model_of("x = n")
    workflow(model, sandbox).run_sync()
    with pytest.raises(RequestError, match="the answer is unusable"):
        AgentWorkflow.resume("t", model, sandbox=sandbox, answer=bad)
    assert resumed(model, sandbox).waiting_for is not None
    assert resumed(model, sandbox, True).success


def test_plain_langgraph(sandbox: OneContainer) -> None:
    model = model_of("x = 1", "x = 2", good=False)
    graph = build_graph(model, InMemorySaver(), sandbox=sandbox)
    request = CodeGenerationRequest("Go", approve="always")
    out: Any = graph.invoke(request.to_input(default_store(), 2), THREAD)
    for bad in BAD:
        out = graph.invoke(Command(resume=bad), THREAD)
        (asked,) = out["__interrupt__"]
        assert "the answer is unusable" in asked.value["problem"]
        assert asked.value["code"] == "x = 1"
        assert "decision" in asked.response_schema["properties"]
        assert json.dumps(asked.value)
    # Resumed without an answer, it still waits.
    assert graph.invoke(None, THREAD)["__interrupt__"]
    assert model.calls == ["generate"]
    out = graph.invoke(Command(resume={"decision": "edit", "code": "x = 5"}), THREAD)
    assert out["__interrupt__"][0].value["problem"] == ""
    assert "-x = 5\n+x = 2" in out["__interrupt__"][0].value["diff"]
    out = graph.invoke(Command(resume=False), THREAD)
    assert out["code"].endswith("x = 2\n")
    assert out["attempts"][0]["execution"]["variables"][0]["summary"].endswith("5")
    assert out["attempts"][1]["problem"] == "a person rejected the code, without saying why"
    assert (out["success"], out["stopped_by"]) == (False, "attempts")


async def test_plain_langgraph_without_blocking(sandbox: OneContainer) -> None:
    graph = build_graph(model_of("x = 1"), InMemorySaver(), sandbox=sandbox)
    request = CodeGenerationRequest("Go", approve="always")
    out: Any = await graph.ainvoke(request.to_input(), THREAD)
    assert out["__interrupt__"]
    out = await graph.ainvoke(Command(resume="maybe"), THREAD)
    assert "the answer is unusable" in out["__interrupt__"][0].value["problem"]
    out = await graph.ainvoke(Command(resume="approve"), THREAD)
    assert out["success"]


def test_without_a_checkpointer_the_model_is_not_even_asked(sandbox: OneContainer) -> None:
    model = model_of("x = 1")
    request = CodeGenerationRequest("Go", approve="risky")
    with pytest.raises(RequestError, match="checkpointer"):
        build_graph(model, sandbox=sandbox).invoke(request.to_input())
    assert model.calls == []


def test_an_approver_is_asked_for_each(sandbox: OneContainer) -> None:
    seen: list[ApprovalRequest] = []

    def approver(request: ApprovalRequest) -> Any:
        seen.append(request)
        return "approve" if len(seen) > 1 else {"decision": "reject", "words": "Another."}

    model = model_of("x = 1", "x = 2")
    result = workflow(model, sandbox, approver=approver).run_sync()
    assert result.success
    assert [request.code for request in seen] == ["x = 1", "x = 2"]
    assert "Another." in model.prompt(1)


def test_an_unusable_approver_leaves_the_run_waiting(sandbox: OneContainer) -> None:
    model = model_of("x = 1")
    with pytest.raises(RequestError, match="the answer is unusable"):
        workflow(model, sandbox, approver=lambda _: "perhaps").run_sync()
    result = resumed(model, sandbox, "approve")
    assert result.success
    assert model.calls == ["generate", "analyze"]


def test_an_answer_where_nothing_was_asked(sandbox: OneContainer) -> None:
    model = ScriptedModel(codes=[RuntimeError("gone")], verdicts=[])
    with pytest.raises(RuntimeError, match="gone"):
        workflow(model, sandbox).run_sync()
    with pytest.raises(RequestError, match="without an answer"):
        resumed(model_of("x = 1"), sandbox, True)
    assert resumed(model_of("x = 1"), sandbox).waiting_for is not None
    assert resumed(model_of("x = 1"), sandbox, True).success
    with pytest.raises(RequestError, match="without an answer"):
        resumed(model_of(), sandbox, True)


def test_the_events(sandbox: OneContainer) -> None:
    model = model_of("x = 1")
    first: list[Event] = list(workflow(model, sandbox).stream())
    assert [type(event) for event in first[-2:]] == [Waiting, Finished]
    assert any(isinstance(event, Generated) for event in first)
    assert not any(isinstance(event, Executed) for event in first)
    waiting = first[-2]
    assert isinstance(waiting, Waiting)
    assert waiting.approval.code == "x = 1"
    again = AgentWorkflow.resume("t", model, sandbox=sandbox, answer=True)
    assert any(isinstance(event, Executed) for event in again.stream())


def test_limits_given_hold_after_the_answer(sandbox: OneContainer) -> None:
    model = model_of("x = 1", "x = 2", "x = 3", good=False)
    first = workflow(model, sandbox, budget={"model_calls": 2})
    assert first.run_sync().waiting_for is not None
    result = first.answered(True).run_sync()
    assert result.stopped_by == "model_calls"
    assert model.calls == ["generate", "analyze"]


def test_only_the_person_sees_the_approval_request(sandbox: OneContainer) -> None:
    model = model_of("x = n")
    waiting = workflow(model, sandbox).run_sync()
    assert waiting.waiting_for is not None
    resumed(model, sandbox, True)
    assert model.calls == ["generate", "analyze"]
    sent = model.prompt(0) + model.prompt(1)
    assert "every run needs approval" not in sent
    assert "erson" not in sent
