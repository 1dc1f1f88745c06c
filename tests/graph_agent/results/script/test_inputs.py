"""A run's variables beside its code: real runs, whose code.py then runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.config.settings import Settings
from graph_agent.results.result import CodeGenerationResult
from graph_agent.results.script import inputs as module
from graph_agent.results.script.inputs import encoded, inputs_of
from graph_agent.samples import load_tips
from sandbox import DockerSandbox, VariableStore
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.scripted_model import ScriptedModel, fenced, verdict

PIVOT = "pivot = tips.pivot_table(index='day', columns='time', values='tip', observed=True)"
READ = """
import json, runpy, sys
names = runpy.run_path(sys.argv[1])
assert not {"graph_agent", "sandbox", "nodes"} & set(sys.modules)
print(json.dumps(eval(sys.argv[2], names)))
"""


def ran_alone(code: Path, wanted: str, elsewhere: Path) -> Any:
    """Run code.py in a fresh process, in another folder; return the value of an expression."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", READ, code, wanted],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def solved(sandbox: DockerSandbox, code: str, **values: Any) -> CodeGenerationResult:
    client = ScriptedModel(codes=[fenced(code)], verdicts=[verdict(True)])
    return AgentWorkflow(CodeGenerationRequest("Go", values), client, sandbox=sandbox).run_sync()


def test_a_saved_result_runs_alone_with_the_same_answer(
    sandbox: DockerSandbox, tmp_path: Path
) -> None:
    (tmp_path / "notes.xml").write_text("<a/>")
    values = {
        "tips": load_tips(),
        "limit": 3,
        "weights": np.arange(3.0),
        "notes": tmp_path / "notes.xml",
        "double": lambda value: 2 * value,
    }
    code = f"{PIVOT}\ntext = notes.read_text()\ntotal = float(weights.sum()) + limit"
    result = solved(sandbox, code, **values)
    del values["tips"]["tip"]  # after the run: its files don't change
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "code.py").write_text("mine")
    (folder / "inputs").write_text("mine")
    result.save(folder)
    assert (folder / "code.py").read_text() == (folder / "inputs").read_text() == "mine"
    saved = folder / "code-2.py"
    assert "# Assign it here: double = ..." in saved.read_text()
    assert ran_alone(saved, "[text, total]", tmp_path) == ["<a/>", 6.0]
    alone = ran_alone(saved, "pivot.to_csv()", tmp_path)
    assert alone == result.variables["pivot"].to_csv()
    done = subprocess.run([sys.executable, saved], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_follow_up_has_the_earlier_results_too(sandbox: DockerSandbox, tmp_path: Path) -> None:
    first = solved(sandbox, PIVOT, tips=load_tips())
    client = ScriptedModel(
        codes=[fenced("best = float(pivot.max().max())\nbest")], verdicts=[verdict(True)]
    )
    result = first.follow_up("The highest", client).run_sync()
    result.save(tmp_path / "out")
    assert ran_alone(tmp_path / "out" / "code.py", "best", tmp_path) == result.answer
    saved = [path.name for path in sorted((tmp_path / "out" / "inputs").iterdir())]
    assert saved == ["pivot.parquet", "tips.parquet"]


def test_the_command_saves_a_program_that_runs_and_show_does_so_again(tmp_path: Path) -> None:
    replies = [Text(fenced(f"{PIVOT}\npivot")), Text(verdict(True))]
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        done = command.here("run", "Go", "--var", "tips=tips.csv", "--out", "out", "--json")
        assert done.code == 0, done.err
        thread = done.json["thread_id"]
        again = command.here("show", thread, "--out", "again")
        assert again.code == 0, again.err
    for name in ("out", "again"):
        code = command.folder / name / "code.py"
        command_line = [sys.executable, "-I", code]
        done_alone = subprocess.run(command_line, check=True, capture_output=True, text=True)
        assert done_alone.stdout.split()[:3] == ["time", "Dinner", "Lunch"]
    assert (command.folder / "out/code.py").read_text() == (
        command.folder / "again/code.py"
    ).read_text()


def test_large_and_unreadable_variables_are_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = VariableStore(settings.state_dir / "variables")
    values = {"big": np.arange(100_000.0), "A": pd.DataFrame({"a": [1]}), "a": np.ones(2)}
    request = CodeGenerationRequest("Go", values)
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 19)
    state = request.to_input(store)
    big, upper, lower = inputs_of(state, store, encoded(values))
    assert "too much" in big.reason
    assert list(upper.files) == ["A.parquet"]
    assert list(lower.files) == ["2-a.npy"], "not every disk tells A from a"

    def failing(*_: object) -> Any:
        raise module.SandboxError("no engine")

    assert {each.reason for each in inputs_of(state, store, failing)[1:]} == {"no engine"}
    assert inputs_of({}, store, failing) == []
