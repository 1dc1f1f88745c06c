"""Too little memory: for the code in its container, and for the process that runs the graph."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from sandbox import DockerSandbox, SandboxPolicy
from sandbox.owner import OWNER_LABEL, Owner
from tests.faults.memory_program import go, resume, start
from tests.scripted_model import ScriptedModel, fenced, verdict

pytestmark = [pytest.mark.docker]
LIMIT_S = 120
GONE_S = 10


def test_code_that_needs_too_much_is_a_failed_attempt() -> None:
    codes = [fenced("x = bytearray(1 << 30)\nanswer = n"), fenced("answer = n + 1")]
    model = ScriptedModel(codes=codes, verdicts=[verdict(False, plan="Take less."), verdict(True)])
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer"])
    with DockerSandbox(SandboxPolicy(timeout_s=30, memory="256m")) as sandbox:
        result = AgentWorkflow(request, model, sandbox=sandbox).run_sync()
    assert result.success
    outcomes = [attempt.execution and attempt.execution.outcome for attempt in result.attempts]
    assert outcomes == ["out_of_memory", "ok"]
    assert result.variables["answer"] == 2


def told_by(folder: Path, act: Any, *given: Any) -> tuple[Any, int]:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.faults.memory_program"])
    names = ("CODEGEN_AGENT_STATE", "CODEGEN_AGENT_DOTENV_PATH", "LANGSMITH_TRACING")
    environment = {name: os.environ[name] for name in names}
    report = folder / "report.json"
    process = processes.Process(target=go, args=(environment, report, act, *given))
    process.start()
    process.join(LIMIT_S)
    assert process.exitcode == 0
    assert process.pid is not None
    return json.loads(report.read_text()), process.pid


def containers_of(pid: int) -> list[Any]:
    with closing(docker.from_env()) as client:
        found = client.api.containers(all=True, filters={"label": OWNER_LABEL})
    owners = [(each, Owner.parse(each["Labels"][OWNER_LABEL])) for each in found]
    return [each for each, owner in owners if owner is not None and owner.pid == pid]


@pytest.mark.parametrize("spare_mib", [40, 120])
def test_a_process_with_too_little_for_a_result(spare_mib: int, tmp_path: Path) -> None:
    """At first it can't take what arrives, then it can't read it."""
    (ended, calls), pid = told_by(tmp_path, start, spare_mib << 20)
    assert ended == "MemoryError"
    assert calls == ["generate"]
    deadline = time.monotonic() + GONE_S
    while left := containers_of(pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert list((tmp_path / "state" / "variables" / "jobs").glob("*")) == []
    told, _ = told_by(tmp_path, resume)
    assert told == [True, 2, 100_000_000, 1, ["analyze"]]
