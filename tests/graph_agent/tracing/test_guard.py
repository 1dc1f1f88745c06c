"""Tracing by LangSmith's and OpenTelemetry's own variables, to servers on real sockets.

The traced program is a separate process: the client reads the environment once, and
sends the rest when the process ends.
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

from graph_agent.models.question import ATTEMPT_KEY
from graph_agent.tracing.run_views import LEVEL_KEY
from tests.trace_server import TraceServer

CANARIES = re.compile(r"row\d{5}x|mottocanary|metadatacanary")
MODEL_KEY = "modelkeycanary-0123456789"
NAMES = {"codegen-agent", "generate", "execute", "analyze", "decide"}


def run(
    url: str, level: str, tmp_path: Path, program: str = "tests.traced_agent", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the traced program with the usual environment variables."""
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


def prompted(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the canaries in the model's prompts."""
    return set(CANARIES.findall(done.stdout))


def attempts(outputs: list[Any]) -> list[Any]:
    return [attempt for output in outputs for attempt in output.get("attempts") or []]


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("level", ["schema", "stats"])
def test_no_value_is_traced_below_sample(level: str, tmp_path: Path) -> None:
    with TraceServer() as server:
        done = run(server.url, level, tmp_path, LANGSMITH_OTEL_ENABLED="true")
    assert not prompted(done)
    assert not CANARIES.findall(server.bodies)
    assert "keycanary" not in server.bodies
    parts, spans = server.parts(), server.spans()
    outer_and_update = {"outer", "codegen-agentUpdateState"}
    assert {run_["name"] for run_ in parts["post"]} >= NAMES | outer_and_update
    assert {span.name for span in spans} >= NAMES | outer_and_update
    assert set(parts["error"]) == {"ModelRequestError", "RuntimeError"}
    executions = {
        attempt["execution"] for attempt in attempts(parts["outputs"]) if "execution" in attempt
    }
    assert any("ValueError in line 5" in text for text in executions)
    assert any("AssertionError" in text for text in executions)


@pytest.mark.docker
@pytest.mark.slow
def test_a_sample_trace_has_the_values_that_the_model_sees(tmp_path: Path) -> None:
    with TraceServer() as server:
        done = run(server.url, "sample", tmp_path, LANGSMITH_OTEL_ENABLED="true")
    sent = set(CANARIES.findall(server.bodies)) - {"metadatacanary"}
    assert sent == prompted(done)
    assert 10 < len(sent) < 300  # of 3,000 rows, all of which the code printed
    assert "keycanary" not in server.bodies
    parts = server.parts()
    levels = {extra["metadata"].get(LEVEL_KEY) for extra in parts["extra"]}
    assert levels == {"sample", None}  # also when resumed; None for runs around the graph
    posted = [run_["id"] for run_ in parts["post"]]
    assert len(posted) == len(set(posted))
    assert {run_["session_name"] for run_ in parts["post"]} == {"the-project"}
    assert {"input": "outernote"} in parts["inputs"]
    assert {"output": "answer to outernote"} in parts["outputs"]
    assert any("raise ValueError" in attempt["code"] for attempt in attempts(parts["outputs"]))
    assert any("rejects the call" in error or "failed" in error for error in parts["error"])
    model_spans = [span for span in server.spans() if span.name == "KeyedModel"]
    attributes = {
        attribute.key: attribute.value.string_value for attribute in model_spans[0].attributes
    }
    assert attributes["gen_ai.operation.name"] == "chat"
    assert "Request: Count the names" in attributes["gen_ai.prompt"]
    assert "raise ValueError" in attributes["gen_ai.completion"]
    assert attributes["langsmith.metadata.mine"] == "metadatacanary"
    told = {
        attribute.value.string_value or str(attribute.value.int_value)
        for span in model_spans
        for attribute in span.attributes
        if attribute.key == f"langsmith.metadata.{ATTEMPT_KEY}"
    }
    assert told == {"1", "2", "3"}
    exports = [request for request in server.received if request.path == "/v1/traces"]
    assert {request.headers["x-team"] for request in exports} == {"data"}


@pytest.mark.docker
@pytest.mark.slow
def test_opentelemetry_alone_with_hidden_inputs_and_outputs(tmp_path: Path) -> None:
    hide = {"LANGSMITH_HIDE_INPUTS": "true", "LANGSMITH_HIDE_OUTPUTS": "true"}
    with TraceServer() as server:
        run(server.url, "sample", tmp_path, LANGSMITH_OTEL_ONLY="true", **hide)
    assert {request.path for request in server.received} == {"/v1/traces"}
    assert {span.name for span in server.spans()} >= NAMES
    texts = [
        attribute.value.string_value for span in server.spans() for attribute in span.attributes
    ]
    assert "Count the names" not in " ".join(texts)


@pytest.mark.docker
@pytest.mark.slow
def test_no_connection_while_tracing_is_off(tmp_path: Path) -> None:
    with TraceServer() as server:
        run(server.url, "sample", tmp_path, LANGSMITH_TRACING="", LANGSMITH_OTEL_ENABLED="true")
    assert server.connections == 0


@pytest.mark.docker
@pytest.mark.slow
def test_a_run_succeeds_while_the_endpoint_is_down(tmp_path: Path) -> None:
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


@pytest.mark.docker
@pytest.mark.slow
def test_questions_to_a_person_and_answers_are_not_traced(tmp_path: Path) -> None:
    with TraceServer() as server:
        done = run(server.url, "sample", tmp_path, program="tests.asked_agent")
    assert "GraphInterrupt" in server.bodies
    (reason,) = json.loads(done.stdout)
    assert reason not in server.bodies
    assert "answercanary" not in server.bodies
