"""A clock that jumps by hours within a run, and between its end and its resume."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from graph_agent.checkpoints import list_runs, open_saver
from tests.faults.clock_program import go

pytestmark = [pytest.mark.docker, pytest.mark.slow]
LIMIT_S = 120


def told_by(folder: Path, hours: float, later: float | None = None) -> object:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.faults.clock_program"])
    names = ("CODEGEN_AGENT_STATE", "CODEGEN_AGENT_DOTENV_PATH", "LANGSMITH_TRACING")
    environment = {name: os.environ[name] for name in names}
    report = folder / "report.json"
    process = processes.Process(target=go, args=(environment, report, hours, later))
    process.start()
    process.join(LIMIT_S)
    assert process.exitcode == 0
    return json.loads(report.read_text())


@pytest.mark.parametrize(
    ("at_first", "during", "on_resume"),
    [(0, -5, -10), (0, 5, -5), (0, 5, 10)],
    ids=["back and back again", "ahead and back", "ahead and ahead again"],
)
def test_the_resumed_run_finishes(
    at_first: float, during: float, on_resume: float, tmp_path: Path
) -> None:
    assert told_by(tmp_path, at_first, during) == ["generate", "analyze"]
    assert told_by(tmp_path, on_resume) == [True, 2, 1, ["analyze"]]
    assert list((tmp_path / "state" / "variables" / "jobs").glob("*")) == []
    with open_saver(tmp_path / "state") as saver:
        assert [(run.thread_id, run.status) for run in list_runs(saver)] == [("t", "solved")]
