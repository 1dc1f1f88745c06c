"""The whole graph on Postgres, with the real sandbox: killed, disconnected and resumed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph_agent import CheckpointError, CodeGenerationRequest, build_graph
from graph_agent.checkpoints import is_finished, list_runs, open_checkpoints
from graph_agent.config.settings import Settings
from sandbox import DockerSandbox, VariableStore
from tests.graph_agent.checkpoints.saving import THREAD
from tests.postgres_server import PostgresServer
from tests.scripted_model import ScriptedModel, fenced, verdict

REQUEST = CodeGenerationRequest("Double it", {"n": 21})

KILLED = """
import time
from graph_agent import build_graph, load_settings
from graph_agent.checkpoints import open_checkpoints
from sandbox import VariableStore
from tests.graph_agent.checkpoints.saving import THREAD
from tests.graph_agent.checkpoints.test_flow import REQUEST
from tests.scripted_model import ScriptedModel, fenced

def slow(_):
    print("analyzing", flush=True)
    time.sleep(300)

settings = load_settings()
store = VariableStore(settings.state_dir / "variables")
with open_checkpoints(settings) as saver:
    client = ScriptedModel(codes=[fenced("x = n * 2")], verdicts=[slow])
    build_graph(client, saver, store=store).invoke(REQUEST.to_input(store), THREAD)
"""


@pytest.fixture
def store(settings: Settings) -> VariableStore:
    return VariableStore(settings.state_dir / "variables")


def resumed(settings: Settings, sandbox: DockerSandbox, *, asked: list[str]) -> dict[str, Any]:
    """Resume the run; ``asked``: the model calls still expected."""
    client = ScriptedModel(verdicts=[verdict(True)])
    with open_checkpoints(settings) as saver:
        out: dict[str, Any] = build_graph(client, saver, sandbox=sandbox).invoke(None, THREAD)
        saved = saver.get_tuple(THREAD)
        assert saved is not None
        assert is_finished(saved.checkpoint["channel_values"])
        assert [(run.thread_id, run.status, run.attempts) for run in list_runs(saver)] == [
            ("t", "solved", 1)
        ]
    assert client.calls == asked
    return out


def test_a_run_from_start_to_end(
    on_postgres: Settings, sandbox: DockerSandbox, store: VariableStore
) -> None:
    client = ScriptedModel(
        codes=[fenced("x = n.m"), fenced("x = n * 2")], verdicts=[verdict(False), verdict(True)]
    )
    with open_checkpoints(on_postgres) as saver:
        graph = build_graph(client, saver, sandbox=sandbox)
        out = graph.invoke(REQUEST.to_input(store), THREAD)
        assert graph.get_state(THREAD).values["attempts"] == out["attempts"]
        assert [(run.status, run.attempts) for run in list_runs(saver)] == [("solved", 2)]
    assert out["success"]
    assert out["attempts"][1]["execution"]["variables"][0]["name"] == "x"


def test_a_killed_run_is_resumed_in_another_process(
    on_postgres: Settings, sandbox: DockerSandbox
) -> None:
    assert on_postgres.checkpoints is not None
    url = on_postgres.checkpoints.get_secret_value()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
        env={**os.environ, "CODEGEN_AGENT_CHECKPOINTS": url},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "analyzing\n"
    process.kill()
    process.wait()
    process.stdout.close()
    out = resumed(on_postgres, sandbox, asked=["analyze"])
    assert out["success"]
    assert out["code"].endswith("x = n * 2\n")


def test_a_run_whose_server_stops_is_resumed_when_it_is_back(
    on_postgres: Settings, sandbox: DockerSandbox, store: VariableStore, postgres: PostgresServer
) -> None:
    def stop_server(_: Any) -> str:
        postgres.stop()
        return verdict(True)

    client = ScriptedModel(codes=[fenced("x = n * 2")], verdicts=[stop_server])
    try:
        with (
            open_checkpoints(on_postgres) as saver,
            pytest.raises(CheckpointError, match="cannot be reached .*resume"),
        ):
            build_graph(client, saver, sandbox=sandbox).invoke(REQUEST.to_input(store), THREAD)
        with pytest.raises(CheckpointError, match="start the server"):
            resumed(on_postgres, sandbox, asked=[])
    finally:
        postgres.start()
    # The answer had arrived and was paid for, so it is not requested again.
    assert resumed(on_postgres, sandbox, asked=[])["success"]
