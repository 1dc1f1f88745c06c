"""Whole runs with the model cache: a repeated one asks nothing, and is otherwise the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest, CodeGenerationResult, create_client
from graph_agent.config.settings import Settings, load_settings
from graph_agent.models import CallLog
from graph_agent.records import Usage
from graph_agent.runs.events import CodeToken, Finished
from graph_agent.samples import load_tips
from sandbox import DockerSandbox
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import KEY, Command
from tests.scripted_model import fenced, verdict

FAILS, WORKS = fenced("rows = len(tips.tipz)"), fenced("rows = len(tips)\nprint(rows)")
TWO_ATTEMPTS = [
    Text(FAILS),
    Text(verdict(False, plan="Spell it tips.")),
    Text(WORKS),
    Text(verdict(True)),
    Text("not asked for"),
]
CACHED = {"generate": Usage(cached_calls=2), "analyze": Usage(cached_calls=2)}


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CallLog:
    """The call log, with the cache on."""
    monkeypatch.setenv("CODEGEN_AGENT_MODEL_CACHE", "1")
    return CallLog(load_settings().state_dir / "calls")


def workflow(
    server: GeminiServer,
    sandbox: DockerSandbox,
    words: str = "How many rows?",
    *,
    settings: Settings | None = None,
    **options: Any,
) -> AgentWorkflow:
    client = create_client("gemini-2.5-pro", api_key=KEY, base_url=server.url, timeout_s=20)
    request = CodeGenerationRequest(words, {"tips": load_tips()}, **options)
    return AgentWorkflow(request, client, sandbox=sandbox, settings=settings)


def comparable(result: CodeGenerationResult) -> object:
    return (
        result.success,
        result.code,
        dict(result.variables),
        [(attempt.code, attempt.analysis, attempt.problem) for attempt in result.attempts],
        result.explanation,
    )


def test_a_repeated_run_asks_nothing(sandbox: DockerSandbox, answers: CallLog) -> None:
    with GeminiServer(TWO_ATTEMPTS) as server:
        first = workflow(server, sandbox).run_sync()
        # No room for a call: none is needed.
        budget = {"model_calls": 1, "tokens": 1, "cost": 1e-9}
        budget |= {"input_price": 1.0, "output_price": 1.0}
        again = workflow(server, sandbox, budget=budget).run_sync()
        assert len(server.requests) == 4
    outcomes = [
        attempt.execution.outcome for attempt in first.attempts if attempt.execution is not None
    ]
    assert outcomes == ["error", "ok"]
    assert comparable(again) == comparable(first)
    assert {name: usage.calls for name, usage in first.usage.items()} == {
        "generate": 2,
        "analyze": 2,
    }
    assert dict(again.usage) == CACHED
    assert (again.cost, again.stopped_by) == (0.0, None)
    assert answers.cache_size()[0] == 4


async def test_asynchronously_too(sandbox: DockerSandbox, answers: CallLog) -> None:
    from graph_agent import build_graph
    from graph_agent.request import default_store

    with GeminiServer(TWO_ATTEMPTS) as server:
        first = workflow(server, sandbox).run_sync()
        client = create_client("gemini-2.5-pro", api_key=KEY, base_url=server.url, timeout_s=20)
        request = CodeGenerationRequest("How many rows?", {"tips": load_tips()})
        graph = build_graph(client, sandbox=sandbox)
        out = await graph.ainvoke(request.to_input(default_store()))
        assert len(server.requests) == 4
    assert out["code"] == first.code
    assert {name: Usage(**usage) for name, usage in out["usage"].items()} == CACHED


@pytest.mark.parametrize(
    ("words", "options"),
    [("How many rows?", {"privacy": "schema"}), ("How many columns?", {})],
    ids=["privacy", "request"],
)
def test_another_request_is_asked(
    sandbox: DockerSandbox, answers: CallLog, words: str, options: dict[str, Any]
) -> None:
    with GeminiServer([Text(WORKS), Text(verdict(True))]) as server:
        workflow(server, sandbox).run_sync()
        server.script([Text(WORKS), Text(verdict(True))])
        other = workflow(server, sandbox, words, **options).run_sync()
        assert len(server.requests) == 2
    assert other.usage["generate"].calls == 1


def test_the_code_is_told_as_it_is_kept(sandbox: DockerSandbox, answers: CallLog) -> None:
    with GeminiServer(TWO_ATTEMPTS) as server:
        workflow(server, sandbox).run_sync()
        events = list(workflow(server, sandbox).stream())
        assert len(server.requests) == 4
    tokens = [event.text for event in events if isinstance(event, CodeToken)]
    assert tokens == [FAILS.strip(), WORKS.strip()]
    assert isinstance(events[-1], Finished)
    assert events[-1].result.success


def test_it_is_off_unless_asked_for(
    sandbox: DockerSandbox, answers: CallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CODEGEN_AGENT_MODEL_CACHE")
    assert not load_settings().model_cache
    with GeminiServer(
        [Text(WORKS), Text(verdict(True)), Text(WORKS), Text(verdict(True))]
    ) as server:
        results = [workflow(server, sandbox).run_sync() for _ in range(2)]
        assert len(server.requests) == 4
    assert [result.usage["generate"].cached_calls for result in results] == [0, 0]
    assert answers.cache_size() == (0, 0)


def test_from_a_shell(tmp_path: Path, answers: CallLog) -> None:
    with GeminiServer([Text(WORKS), Text(verdict(True)), Text("not asked for")]) as server:
        command = Command(tmp_path / "work", server)
        asked = ("run", "How many rows?", "--var", "tips=tips.csv", "--json")
        runs = [command(*asked), command.here(*asked)]
        assert len(server.requests) == 2
    assert [run.code for run in runs] == [0, 0]
    first, again = (run.json["usage"]["generate"] for run in runs)
    assert (first["calls"], first["cached_calls"]) == (1, 0)
    assert (again["calls"], again["cached_calls"], again["input_tokens"]) == (0, 1, 0)
    thread = runs[1].json["thread_id"]
    assert command.here("show", thread, "--sent").out.count("not sent: the model cache had") == 2
    assert [
        call["cached"] for call in command.here("show", thread, "--sent", "--json").json["sent"]
    ] == [
        True,
        True,
    ]
    checks = command.here("doctor", "--json").json["checks"]
    [line] = [line for line in checks if line["name"] == "model cache"]
    assert line["ok"]
    assert line["found"].startswith("2 answers, ")
    with closing(sqlite3.connect(answers.path)) as database:
        kept = repr(database.execute("SELECT * FROM answers").fetchall())
    assert KEY not in kept
    assert "total_bill" not in kept
