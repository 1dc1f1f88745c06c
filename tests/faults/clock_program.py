"""Starts or resumes a run in a process with another clock."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graph_agent.graph
from graph_agent import AgentWorkflow, CodeGenerationRequest, ModelTransientError
from graph_agent.graph import RETRY
from tests.scripted_model import ScriptedModel, fenced, verdict

REAL, REAL_NS = time.time, time.time_ns
HOUR_NS = 3600 * 10**9


def set_clock(hours: float) -> None:
    time.time = lambda: REAL() + hours * 3600
    time.time_ns = lambda: REAL_NS() + int(hours * HOUR_NS)


def start(hours_later: float) -> list[str]:
    """Start a run, let the clock jump while the model answers, and stop before the judgement."""
    graph_agent.graph.RETRY = RETRY._replace(max_attempts=1)

    def jump(_: Any) -> str:
        set_clock(hours_later)
        return fenced("answer = n + 1")

    model = ScriptedModel(codes=[jump], verdicts=[ModelTransientError("busy")])
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer"])
    try:
        AgentWorkflow(request, model, thread_id="t").run_sync()
    except ModelTransientError:
        return model.calls
    raise AssertionError("the run went on")


def resume() -> list[Any]:
    """Resume the run."""
    model = ScriptedModel(verdicts=[verdict(True)])
    result = AgentWorkflow.resume("t", model).run_sync()
    return [result.success, result.variables["answer"], len(result.attempts), model.calls]


def go(environment: Mapping[str, str], report: Path, hours: float, later: float | None) -> None:
    """Start a run, or without ``later`` resume it, and write down what happened."""
    os.environ.update(environment)
    set_clock(hours)
    report.write_text(json.dumps(resume() if later is None else start(later)))
