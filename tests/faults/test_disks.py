"""Disks that are full: for checkpoints and calls, for values, for an engine, for results.

A full disk is no failed attempt. Once there is room, the resumed run gives the right answer, and
no half written file is left.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_agent import AgentWorkflow, CheckpointError, CodeGenerationRequest
from sandbox import DockerSandbox, SandboxPolicy, SandboxUnavailableError, VariableStoreError
from tests.faults.small_disk import empty, fill, small_disk
from tests.gemini_server import GeminiServer, Text
from tests.graph_agent.cli.command import Command
from tests.sandbox.engine.second_engine import IMAGE, SecondEngine, filled
from tests.scripted_model import ScriptedModel, fenced, verdict

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        not (hasattr(os, "geteuid") and os.geteuid() == 0), reason="only root can mount"
    ),
]
CODE = "answer = n + 1\nbig = bytes(3_000_000)"


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state folder, of 12 MB."""
    with small_disk(tmp_path / "small", 12 << 20) as folder:
        monkeypatch.setenv("CODEGEN_AGENT_STATE", str(folder))
        yield folder


def workflow(model: ScriptedModel, sandbox: DockerSandbox) -> AgentWorkflow:
    request = CodeGenerationRequest("Add one", {"n": 1}, returns=["answer", "big"])
    return AgentWorkflow(request, model, sandbox=sandbox, thread_id="t")


def assert_solved(result: Any) -> None:
    assert result.success
    assert (result.variables["answer"], len(result.variables["big"])) == (2, 3_000_000)
    assert [attempt.number for attempt in result.attempts] == [1]


def half_written(folder: Path) -> list[Path]:
    """List files of the store that have no name yet, and folders of jobs."""
    return [*folder.glob("variables/blobs/.*"), *folder.glob("variables/jobs/*")]


def then(act: Callable[[], None], answer: str) -> Callable[[Any], str]:
    """Answer, after an act the first time only."""
    acts = [act]

    def reply(_: Any) -> str:
        if acts:
            acts.pop()()
        return answer

    return reply


def test_a_full_state_folder_from_the_start(disk: Path, sandbox: DockerSandbox) -> None:
    model = ScriptedModel(codes=[fenced(CODE)], verdicts=[verdict(True)])
    fill(disk)
    with pytest.raises((CheckpointError, VariableStoreError), match=r"disk is full|free some"):
        workflow(model, sandbox).run_sync()
    assert model.calls == []
    empty(disk)
    assert_solved(workflow(model, sandbox).run_sync())
    assert half_written(disk) == []


@pytest.mark.parametrize("node", ["generate", "analyze"])
def test_a_state_folder_that_fills_while_the_model_answers(
    node: str, disk: Path, sandbox: DockerSandbox
) -> None:
    """The answer can't be kept then, so it's the one that is asked for again."""
    code: Any = fenced(CODE + "\n#" + "x" * 70_000)
    judgement: Any = verdict(True, why="Right. " * 10_000)
    if node == "generate":
        code = then(lambda: fill(disk), code)
    else:
        judgement = then(lambda: fill(disk), judgement)
    model = ScriptedModel(codes=[code] * 2, verdicts=[judgement] * 2)
    with pytest.raises(CheckpointError, match="disk is full"):
        workflow(model, sandbox).run_sync()
    empty(disk)
    assert_solved(AgentWorkflow.resume("t", model, sandbox=sandbox).run_sync())
    assert sorted(model.calls) == sorted(["generate", "analyze", node])
    assert half_written(disk) == []


def test_no_room_for_a_result(disk: Path, sandbox: DockerSandbox) -> None:
    code = then(lambda: fill(disk, keep_bytes=1 << 20), fenced(CODE))
    model = ScriptedModel(codes=[code], verdicts=[verdict(True)])
    with pytest.raises(VariableStoreError, match="free some space"):
        workflow(model, sandbox).run_sync()
    assert half_written(disk) == []
    empty(disk)
    assert_solved(AgentWorkflow.resume("t", model, sandbox=sandbox).run_sync())
    assert model.calls == ["generate", "analyze"]


def test_no_room_for_the_results_files(tmp_path: Path, disk: Path) -> None:
    """The result is kept; its files can be written later, without asking anyone."""
    out = tmp_path / "out"
    replies = [Text(fenced("answer = 7\nopen('big.bin', 'wb').write(bytes(3_000_000))"))]
    with (
        small_disk(out, 2 << 20),
        GeminiServer([*replies, Text(verdict(True))]) as server,
    ):
        command = Command(tmp_path / "work", server)
        done = command.here("run", "Say seven", "--model", "gemini-2.5-pro", "--out", str(out))
        assert done.code == 3, done.err
        thread = done.err.split("codegen-agent show ")[1].split()[0]
        assert [path.name for path in out.rglob("*") if path.is_file()] == []
        elsewhere = tmp_path / "elsewhere"
        again = command.here("show", thread, "--out", str(elsewhere))
        assert again.code == 0, again.err
        assert len(server.requests) == 2
    assert max(path.stat().st_size for path in elsewhere.rglob("*.bin")) == 3_000_000


class SmallEngine(SecondEngine):
    """An engine whose data is on a small disk."""

    def __init__(self) -> None:
        super().__init__(None)
        self.disk = small_disk(self.folder / "data", 900 << 20)
        self.data = self.disk.__enter__()

    def remove(self) -> None:
        self.kill()
        self.disk.__exit__(None, None, None)
        super().remove()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dockerd") is None, reason="needs dockerd")
def test_an_engine_whose_disk_is_full() -> None:
    policy = SandboxPolicy(timeout_s=20, memory="256m")
    with filled(SmallEngine()) as (engine, client):
        with DockerSandbox(policy, client=client, image=IMAGE) as sandbox:
            code = then(lambda: fill(engine.data), fenced(CODE))
            model = ScriptedModel(codes=[code], verdicts=[verdict(True)])
            sandbox.prepare = lambda **_: None  # type: ignore[method-assign]  # no container yet
            with pytest.raises(SandboxUnavailableError, match="no space left"):
                workflow(model, sandbox).run_sync()
            empty(engine.data)
            assert_solved(AgentWorkflow.resume("t", model, sandbox=sandbox).run_sync())
            assert model.calls == ["generate", "analyze"]
        assert client.api.containers(all=True) == []
