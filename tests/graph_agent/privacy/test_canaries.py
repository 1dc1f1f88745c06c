"""Below ``sample`` no value reaches the model in any way; at ``sample`` only a few do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from graph_agent import AgentWorkflow, CodeGenerationRequest, build_graph, create_client
from graph_agent.context import AgentContext
from graph_agent.records import PrivacyLevel
from sandbox import DockerSandbox, SandboxPolicy
from tests.gemini_server import GeminiServer
from tests.graph_agent.privacy.answering import Answering, judges
from tests.graph_agent.privacy.canaries import (
    CHECKS,
    FAILS_THE_CHECK,
    IS_LATE,
    LEAVES,
    LEFT,
    NAMED,
    PROGRAMS,
    QUOTES_IN_ERRORS,
    SIZES,
    SUCCEEDS,
    leaked,
    leaked_numbers,
    values,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow]
THREAD: Any = {"configurable": {"thread_id": "t"}}
BELOW: list[PrivacyLevel] = ["schema", "stats"]


@pytest.fixture(scope="module")
def quick() -> Iterator[DockerSandbox]:
    """A sandbox with a short time limit and a prepared container."""
    with DockerSandbox(SandboxPolicy(timeout_s=20, memory="1g"), warm=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def patient() -> Iterator[DockerSandbox]:
    """A sandbox whose programs end by themselves, also on a busy machine."""
    with DockerSandbox(SandboxPolicy(timeout_s=60, memory="1g"), warm=1) as sandbox:
        yield sandbox


def request_of(level: PrivacyLevel, **options: Any) -> CodeGenerationRequest:
    given = {"checks": CHECKS, **options}
    return CodeGenerationRequest("Draw the largest", values(), privacy=level, **given)


def client_of(server: GeminiServer) -> Any:
    return create_client("gemini-2.5-pro", api_key="k", base_url=server.url, timeout_s=20)


def run_all(level: PrivacyLevel, sandbox: DockerSandbox) -> GeminiServer:
    with Answering(PROGRAMS) as server:
        workflow = AgentWorkflow(request_of(level), client_of(server), 9, sandbox=sandbox)
        result = workflow.run_sync()
    outcomes = [
        attempt.execution.outcome for attempt in result.attempts if attempt.execution is not None
    ]
    assert outcomes == ["error", "error", "error", "error", "ok", "ok"]
    checks = [
        attempt.execution.check_error is not None
        for attempt in result.attempts
        if attempt.execution
    ]
    assert checks == [False] * 4 + [True, False]
    assert result.success
    assert result.figures
    return server


@pytest.mark.parametrize("level", BELOW)
def test_no_value_is_sent(level: PrivacyLevel, quick: DockerSandbox) -> None:
    server = run_all(level, quick)
    assert leaked(server.requests) == set()
    assert [request.pictures for request in server.requests if request.pictures] == []
    numbers = leaked_numbers(server.requests)
    if level == "schema":
        assert numbers == set()
    else:  # aggregates such as the minimum, not rows
        assert 0 < len(numbers) < 20
    # What is allowed was sent, including the kinds of failures.
    assert "amount" in server.requests[0].prompt
    prompts = "\n".join(request.prompt for request in server.requests)
    for kind in ("ValueError", "SystemExit", "Quoting", "AssertionError"):
        assert kind in prompts


@pytest.mark.parametrize("level", BELOW)
def test_no_name_or_size_that_the_code_made_of_a_value_is_sent(
    level: PrivacyLevel, patient: DockerSandbox
) -> None:
    programs = [*NAMED, LEFT, "x = 1"]
    with Answering(programs) as server:
        request = request_of(level, checks=None)
        workflow = AgentWorkflow(request, client_of(server), len(programs), sandbox=patient)
        result = workflow.run_sync()
    runs = [attempt.execution for attempt in result.attempts if attempt.execution is not None]
    assert len(runs) == len(programs)
    assert all(not run.ok for run in runs[: len(NAMED)])
    assert runs[-2].ok, runs[-2].error
    assert len(runs[-2].variables) > 10
    # The user gets all of it.
    assert "cnrytext" in result.transcript
    assert leaked(server.requests) == set()
    prompts = "\n".join(request.prompt for request in server.requests)
    assert not SIZES.search(prompts)
    assert "an error" in prompts


def test_a_few_values_are_sent_at_sample(quick: DockerSandbox) -> None:
    server = run_all("sample", quick)
    first = leaked(server.requests[:1])
    assert {canary for canary in first if canary.startswith("cnrystr")}
    assert len({canary for canary in first if canary.startswith("cnrystr")}) < 20
    every = leaked(server.requests)
    # The printed output was shortened.
    assert len({canary for canary in every if canary.startswith("cnrystr")}) < 200
    assert {"cnrystr0003", "cnrystr0008", "cnrytext"} <= every


@pytest.mark.parametrize("level", [*BELOW, "sample"])
def test_a_judging_model_sees_figures_only_at_sample(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([SUCCEEDS]) as server:
        request = request_of(level, checks=None)
        assert AgentWorkflow(request, client_of(server), sandbox=quick).run_sync().success
    assert judges(server.requests[-1])
    assert len(server.requests[-1].pictures) == (1 if level == "sample" else 0)
    assert bool(leaked(server.requests)) is (level == "sample")


def test_output_before_a_timeout_is_not_sent(quick: DockerSandbox) -> None:
    with Answering([IS_LATE, SUCCEEDS]) as server:
        workflow = AgentWorkflow(request_of("schema"), client_of(server), sandbox=quick)
        result = workflow.run_sync()
    assert result.attempts[0].execution
    assert result.attempts[0].execution.outcome == "timeout"
    assert "timeout" in server.requests[-1].prompt
    assert leaked(server.requests) == set()


@pytest.mark.parametrize("level", ["schema"])
async def test_a_stricter_context_applies_to_an_async_run(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([QUOTES_IN_ERRORS, FAILS_THE_CHECK, SUCCEEDS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=quick)
        given = await asyncio.to_thread(request_of("stats").to_input)
        out = await graph.ainvoke(given, THREAD, context=AgentContext(privacy=level))
        assert out["success"]
        assert len(out["attempts"]) == 3
    assert leaked(server.requests) == set()
    assert bool(leaked_numbers(server.requests)) is (level == "stats")


@pytest.mark.parametrize("level", ["stats"])
def test_no_value_is_sent_when_a_person_steers_and_reuses_the_thread(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([LEAVES, QUOTES_IN_ERRORS, SUCCEEDS, FAILS_THE_CHECK, SUCCEEDS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=quick)
        given = request_of(level, approve="always").to_input()
        graph.invoke(given, THREAD)
        graph.invoke(Command(resume={"decision": "reject", "words": "Shorter."}), THREAD)
        # The person's code is sent, but not what it then prints.
        edited = {"decision": "edit", "code": "print(text)\nraise KeyError(text)"}
        graph.invoke(Command(resume=edited), THREAD)
        graph.invoke(Command(resume="approve"), THREAD)
        out = graph.invoke(Command(resume="approve"), THREAD)
        assert out["success"], out["attempts"][-1]
        again: Any = {"request": "The smallest", "approve": "never"}
        out = graph.invoke(again, THREAD)
        assert out["success"]
    assert leaked(server.requests) == set()
    assert bool(leaked_numbers(server.requests)) is (level == "stats")


@pytest.mark.parametrize("level", ["schema"])
def test_no_value_is_sent_by_a_resumed_or_forked_run(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([QUOTES_IN_ERRORS, FAILS_THE_CHECK, SUCCEEDS, SUCCEEDS]) as server:
        client = client_of(server)
        first = AgentWorkflow(request_of(level), client, 1, sandbox=quick, thread_id="one")
        assert first.run_sync().stopped_by == "attempts"
        assert AgentWorkflow.resume("one", client, 3, sandbox=quick).run_sync().success
        fork = AgentWorkflow.fork("one", 2, client, 3, sandbox=quick, request_text="Once more")
        assert fork.run_sync().success
    assert "Once more" in [request for request in server.requests if not judges(request)][-1].prompt
    assert leaked(server.requests) == set()
    assert bool(leaked_numbers(server.requests)) is (level == "stats")


MAKES_NAMES = (
    SUCCEEDS
    + """
kept = {text: frame, 'rows': frame.head(50)}
globals()[frame['name'].iloc[3]] = frame
"""
)


@pytest.mark.parametrize(("before", "level"), [("schema", "schema"), ("sample", "stats")])
def test_no_value_is_sent_by_a_follow_up(
    before: PrivacyLevel, level: PrivacyLevel, quick: DockerSandbox
) -> None:
    written = MAKES_NAMES if before == "schema" else MAKES_NAMES + "cnrycode = 1\n"
    with Answering([written]) as server:
        first = AgentWorkflow(request_of(before), client_of(server), 1, sandbox=quick)
        done = first.run_sync()
        assert done.success, done.transcript
    with Answering([QUOTES_IN_ERRORS, SUCCEEDS]) as server:
        options: Any = {"privacy": level, "checks": CHECKS}
        client = client_of(server)
        result = done.follow_up("Once more", client, 3, **options).run_sync()
        assert result.success, result.transcript
    assert "Draw the largest" in server.requests[0].prompt
    assert ("FAILS" in written or "kept =" in server.requests[0].prompt) is (before == "schema")
    assert leaked(server.requests) == set()
    assert bool(leaked_numbers(server.requests)) is False


def test_a_value_in_the_request_text_is_sent(quick: DockerSandbox) -> None:
    with Answering(["x = 1"]) as server:
        request = CodeGenerationRequest("Find cnrytext", {"text": "cnrytext"}, privacy="schema")
        AgentWorkflow(request, client_of(server), sandbox=quick).run_sync()
    assert leaked(server.requests) == {"cnrytext"}
