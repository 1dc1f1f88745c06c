"""Starts or resumes a run in a process with little memory."""

from __future__ import annotations

import json
import os
import re
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graph_agent import AgentWorkflow, CodeGenerationRequest
from sandbox.errors import SandboxError
from tests.scripted_model import ScriptedModel, fenced, verdict

CODE = "answer = n + 1\nbig = bytes(100_000_000)"


def leave(spare_bytes: int) -> None:
    """Let this process and its children take that much more address space than it has now."""
    found = re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    limit = (int(found[1]) << 10) + spare_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def start(spare_bytes: int) -> list[Any]:
    """Start a run that has too little memory for its result; return its end and the calls."""

    def answer(_: Any) -> str:
        leave(spare_bytes)
        return fenced(CODE)

    model = ScriptedModel(codes=[answer], verdicts=[verdict(True)])
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer", "big"])
    ended = "result"
    try:
        AgentWorkflow(request, model, thread_id="t").run_sync()
    except (MemoryError, SandboxError) as error:
        ended = type(error).__name__
    return [ended, model.calls]


def resume() -> list[Any]:
    """Resume the run."""
    model = ScriptedModel(verdicts=[verdict(True)])
    result = AgentWorkflow.resume("t", model).run_sync()
    values = result.variables
    return [result.success, values["answer"], len(values["big"]), len(result.attempts), model.calls]


def go(environment: Mapping[str, str], report: Path, act: Callable[..., Any], *given: Any) -> None:
    """Do something and write down what it returns."""
    os.environ.update(environment)
    report.write_text(json.dumps(act(*given)))
