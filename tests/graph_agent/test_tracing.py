"""Tracing by LangSmith's and OpenTelemetry's own variables, to servers on real sockets.

The traced program is a process of its own: the client reads the environment once,
and sends what is left when the process ends.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_agent.traced_runs import LEVEL_KEY, permitted_run
from graph_agent.traced_state import strictest
from tests.trace_server import TraceServer

CANARIES = re.compile(r"row\d{5}x|mottocanary|metadatacanary")
MODEL_KEY = "modelkeycanary-0123456789"
NAMES = {"codegen-agent", "generate", "execute", "analyze", "decide"}


def run(
    url: str, level: str, tmp_path: Path, program: str = "tests.traced_agent", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the traced program with the usual variables set."""
    ours = {
        "CODEGEN_AGENT_STATE": str(tmp_path / "state"),
        "GOOGLE_API_KEY": MODEL_KEY,
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "lsv2_pt_tracekeycanary",
        "LANGSMITH_ENDPOINT": url,
        "LANGSMITH_PROJECT": "the-project",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-team=data",
    }
    there = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    command = [sys.executable, "-m", program, level]
    environment = {**there, **ours, **variables}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def told(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return which canaries the model was told."""
    return set(CANARIES.findall(done.stdout))


def attempts(outputs: list[Any]) -> list[Any]:
    return [attempt for one in outputs for attempt in one.get("attempts") or []]


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("level", ["schema", "stats"])
def test_no_value_leaves_below_sample(level: str, tmp_path: Path) -> None:
    with TraceServer() as server:
        done = run(server.url, level, tmp_path, LANGSMITH_OTEL_ENABLED="true")
    assert not told(done)
    assert not CANARIES.findall(server.bodies)
    assert "keycanary" not in server.bodies
    parts, spans = server.parts(), server.spans()
    outer_and_update = {"outer", "codegen-agentUpdateState"}
    assert {one["name"] for one in parts["post"]} >= NAMES | outer_and_update
    assert {one.name for one in spans} >= NAMES | outer_and_update
    assert set(parts["error"]) == {"ModelRequestError", "RuntimeError"}
    executions = {one["execution"] for one in attempts(parts["outputs"]) if "execution" in one}
    assert any("ValueError in line 5" in one for one in executions)
    assert any("AssertionError" in one for one in executions)


@pytest.mark.docker
@pytest.mark.slow
def test_a_sample_trace_tells_what_the_model_was_told(tmp_path: Path) -> None:
    with TraceServer() as server:
        done = run(server.url, "sample", tmp_path, LANGSMITH_OTEL_ENABLED="true")
    sent = set(CANARIES.findall(server.bodies)) - {"metadatacanary"}
    assert sent == told(done)
    assert 10 < len(sent) < 300  # of 3,000 rows, all of which the code printed
    assert "keycanary" not in server.bodies
    parts = server.parts()
    levels = {one["metadata"].get(LEVEL_KEY) for one in parts["extra"]}
    assert levels == {"sample", None}  # when resumed, too; None for what is around the graph
    posted = [one["id"] for one in parts["post"]]
    assert len(posted) == len(set(posted))
    assert {one["session_name"] for one in parts["post"]} == {"the-project"}
    assert {"input": "outernote"} in parts["inputs"]
    assert {"output": "answer to outernote"} in parts["outputs"]
    assert any("raise ValueError" in one["code"] for one in attempts(parts["outputs"]))
    assert any("rejects the call" in one or "failed" in one for one in parts["error"])
    model_spans = [one for one in server.spans() if one.name == "KeyedModel"]
    attributes = {one.key: one.value.string_value for one in model_spans[0].attributes}
    assert "Request: Count the names" in attributes["gen_ai.prompt"]
    assert "raise ValueError" in attributes["gen_ai.completion"]
    assert attributes["langsmith.metadata.mine"] == "metadatacanary"
    exports = [one for one in server.received if one.path == "/v1/traces"]
    assert {one.headers["x-team"] for one in exports} == {"data"}


@pytest.mark.docker
@pytest.mark.slow
def test_opentelemetry_alone_and_all_hidden(tmp_path: Path) -> None:
    hide = {"LANGSMITH_HIDE_INPUTS": "true", "LANGSMITH_HIDE_OUTPUTS": "true"}
    with TraceServer() as server:
        run(server.url, "sample", tmp_path, LANGSMITH_OTEL_ONLY="true", **hide)
    assert {one.path for one in server.received} == {"/v1/traces"}
    assert {one.name for one in server.spans()} >= NAMES
    texts = [one.value.string_value for span in server.spans() for one in span.attributes]
    assert "Count the names" not in " ".join(texts)


@pytest.mark.docker
@pytest.mark.slow
def test_nothing_is_connected_to_while_tracing_is_off(tmp_path: Path) -> None:
    with TraceServer() as server:
        run(server.url, "sample", tmp_path, LANGSMITH_TRACING="", LANGSMITH_OTEL_ENABLED="true")
    assert server.connections == 0


@pytest.mark.docker
@pytest.mark.slow
def test_an_endpoint_that_is_gone_hinders_no_run(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    done = run(url, "sample", tmp_path)
    assert "Count the names" in json.loads(done.stdout)[0]


@pytest.mark.docker
@pytest.mark.slow
def test_a_daemon_does_not_wait_for_an_endpoint_that_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = run(url, "sample", tmp_path, LANGSMITH_USE_DAEMON="true")
    assert "Count the names" in json.loads(done.stdout)[0]


def of_graph(level: str, **run: Any) -> dict[str, Any]:
    return {"run_type": "chain", "extra": {"metadata": {LEVEL_KEY: level}}, **run}


def test_the_run_of_something_else_is_left_alone() -> None:
    other = {"run_type": "chain", "inputs": {"x": 1}, "error": "E('x')", "extra": {"metadata": {}}}
    assert permitted_run(other) is other


def test_what_is_not_known_stays_here() -> None:
    hidden = of_graph("sample", outputs={"new": "row00001x", "attempts": [{"code": 1}]}, inputs=[1])
    kept = permitted_run({**hidden, "serialized": {"kwargs": {"api_key": "x"}}, "attachments": {}})
    assert kept["outputs"] == {"attempts": "(left out: it could not be read)"}
    assert kept["inputs"] == {}
    assert not {"serialized", "attachments"} & set(kept)


def test_the_strictest_level_decides() -> None:
    summary = {"name": "a", "type": "str", "text": "a: 'row00001x'", "level": "sample"}
    for level, own, shown in (("sample", "sample", True), ("sample", "schema", False)):
        kept = permitted_run(of_graph(level, inputs={"privacy": own, "summaries": [summary]}))
        assert ("row00001x" in str(kept)) is shown
    assert strictest([None, None]) == "schema"
    assert strictest(["sample", None]) == "sample"
    assert strictest(["sample", "no such level"]) == "schema"


def test_an_error_keeps_its_name_below_sample() -> None:
    error = "VariableError('row00001x')Traceback (most recent call last):\n  row00002x"
    assert permitted_run(of_graph("stats", error=error))["error"] == "VariableError"
    assert permitted_run(of_graph("sample", error=error))["error"] == "VariableError('row00001x')"
    asked = "GraphInterrupt((Interrupt(value={'code': 'x = 1'}),))"
    assert permitted_run(of_graph("sample", error=asked))["error"] == "GraphInterrupt"


@pytest.mark.docker
@pytest.mark.slow
def test_what_a_person_is_asked_and_answers_is_not_traced(tmp_path: Path) -> None:
    with TraceServer() as server:
        run(server.url, "sample", tmp_path, program="tests.asked_agent")
    assert "GraphInterrupt" in server.bodies
    assert "every run is to be approved" not in server.bodies
    assert "answercanary" not in server.bodies
