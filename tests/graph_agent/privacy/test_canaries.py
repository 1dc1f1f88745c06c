"""No value reaches the model below ``sample``, by whatever way; at ``sample`` only a few do."""

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
    PROGRAMS,
    SUCCEEDS,
    TELLS_IN_ERRORS,
    told,
    told_numbers,
    values,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow]
THREAD: Any = {"configurable": {"thread_id": "t"}}
BELOW: list[PrivacyLevel] = ["schema", "stats"]


@pytest.fixture(scope="module")
def quick() -> Iterator[DockerSandbox]:
    """A sandbox that has little patience, and a container ready."""
    with DockerSandbox(SandboxPolicy(timeout_s=8, memory="1g"), warm=1) as one:
        yield one


def request_of(level: PrivacyLevel, **options: Any) -> CodeGenerationRequest:
    given = {"checks": CHECKS, **options}
    return CodeGenerationRequest("Draw the largest", values(), privacy=level, **given)


def client_of(server: GeminiServer) -> Any:
    return create_client("gemini-2.5-pro", api_key="k", base_url=server.url, timeout_s=20)


def run_all(level: PrivacyLevel, sandbox: DockerSandbox) -> GeminiServer:
    with Answering(PROGRAMS) as server:
        workflow = AgentWorkflow(request_of(level), client_of(server), 9, sandbox=sandbox)
        result = workflow.run_sync()
    outcomes = [one.execution.outcome for one in result.attempts if one.execution is not None]
    assert outcomes == ["error", "error", "error", "error", "ok", "ok"]
    checks = [one.execution.check_error is not None for one in result.attempts if one.execution]
    assert checks == [False] * 4 + [True, False]
    assert result.success
    assert result.figures
    return server


@pytest.mark.parametrize("level", BELOW)
def test_no_value_is_sent(level: PrivacyLevel, quick: DockerSandbox) -> None:
    server = run_all(level, quick)
    assert told(server.requests) == set()
    assert [one.pictures for one in server.requests if one.pictures] == []
    numbers = told_numbers(server.requests)
    if level == "schema":
        assert numbers == set()
    else:  # least, largest, mean and the like, not rows
        assert 0 < len(numbers) < 20
    # All was told that may be, the failures among it.
    assert "amount" in server.requests[0].prompt
    prompts = "\n".join(one.prompt for one in server.requests)
    for kind in ("ValueError", "SystemExit", "Told", "AssertionError"):
        assert kind in prompts


def test_a_few_values_are_sent_where_they_may_be(quick: DockerSandbox) -> None:
    server = run_all("sample", quick)
    first = told(server.requests[:1])
    assert {one for one in first if one.startswith("cnrystr")}
    assert len({one for one in first if one.startswith("cnrystr")}) < 20
    every = told(server.requests)
    # What the code printed comes shortened, not whole.
    assert len({one for one in every if one.startswith("cnrystr")}) < 200
    assert {"cnrystr0003", "cnrystr0008", "cnrytext"} <= every


@pytest.mark.parametrize("level", [*BELOW, "sample"])
def test_a_model_that_judges_is_shown_figures_where_it_may_see_values(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([SUCCEEDS]) as server:
        request = request_of(level, checks=None)
        assert AgentWorkflow(request, client_of(server), sandbox=quick).run_sync().success
    assert judges(server.requests[-1])
    assert len(server.requests[-1].pictures) == (1 if level == "sample" else 0)
    assert bool(told(server.requests)) is (level == "sample")


def test_what_was_printed_before_the_time_was_up_is_not_sent(quick: DockerSandbox) -> None:
    with Answering([IS_LATE, SUCCEEDS]) as server:
        workflow = AgentWorkflow(request_of("schema"), client_of(server), sandbox=quick)
        result = workflow.run_sync()
    assert result.attempts[0].execution
    assert result.attempts[0].execution.outcome == "timeout"
    assert "timeout" in server.requests[-1].prompt
    assert told(server.requests) == set()


@pytest.mark.parametrize("level", ["schema"])
async def test_nor_without_blocking_nor_by_a_stricter_context(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([TELLS_IN_ERRORS, FAILS_THE_CHECK, SUCCEEDS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=quick)
        given = await asyncio.to_thread(request_of("stats").to_input)
        out = await graph.ainvoke(given, THREAD, context=AgentContext(privacy=level))
        assert out["success"]
        assert len(out["attempts"]) == 3
    assert told(server.requests) == set()
    assert bool(told_numbers(server.requests)) is (level == "stats")


@pytest.mark.parametrize("level", ["stats"])
def test_nor_when_a_person_steers_and_the_thread_is_used_again(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([LEAVES, TELLS_IN_ERRORS, SUCCEEDS, FAILS_THE_CHECK, SUCCEEDS]) as server:
        graph = build_graph(client_of(server), InMemorySaver(), sandbox=quick)
        given = request_of(level, approve="always").to_input()
        graph.invoke(given, THREAD)
        graph.invoke(Command(resume={"decision": "reject", "words": "Shorter."}), THREAD)
        # What a person types is theirs; what the code then does with the data is not told.
        edited = {"decision": "edit", "code": "print(text)\nraise KeyError(text)"}
        graph.invoke(Command(resume=edited), THREAD)
        graph.invoke(Command(resume="approve"), THREAD)
        out = graph.invoke(Command(resume="approve"), THREAD)
        assert out["success"], out["attempts"][-1]
        again: Any = {"request": "The smallest", "approve": "never"}
        out = graph.invoke(again, THREAD)
        assert out["success"]
    assert told(server.requests) == set()
    assert bool(told_numbers(server.requests)) is (level == "stats")


@pytest.mark.parametrize("level", ["schema"])
def test_nor_by_whoever_takes_the_run_up_or_forks_it(
    level: PrivacyLevel, quick: DockerSandbox
) -> None:
    with Answering([TELLS_IN_ERRORS, FAILS_THE_CHECK, SUCCEEDS, SUCCEEDS]) as server:
        client = client_of(server)
        first = AgentWorkflow(request_of(level), client, 1, sandbox=quick, thread_id="one")
        assert first.run_sync().stopped_by == "attempts"
        assert AgentWorkflow.resume("one", client, 3, sandbox=quick).run_sync().success
        fork = AgentWorkflow.fork("one", 2, client, 3, sandbox=quick, request_text="Once more")
        assert fork.run_sync().success
    assert "Once more" in [one for one in server.requests if not judges(one)][-1].prompt
    assert told(server.requests) == set()
    assert bool(told_numbers(server.requests)) is (level == "stats")


def test_a_value_in_the_users_own_words_is_theirs(quick: DockerSandbox) -> None:
    with Answering(["x = 1"]) as server:
        request = CodeGenerationRequest("Find cnrytext", {"text": "cnrytext"}, privacy="schema")
        AgentWorkflow(request, client_of(server), sandbox=quick).run_sync()
    assert told(server.requests) == {"cnrytext"}
