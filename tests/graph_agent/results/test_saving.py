"""A run's files, with what is known of the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.config.settings import Settings
from graph_agent.errors import OutputError
from graph_agent.results.saving import save_result
from sandbox import DockerSandbox
from tests.scripted_model import ScriptedModel, fenced, verdict


def test_the_report_shows_what_was_sent_and_a_failed_write_says_what_to_do(
    settings: Settings, sandbox: DockerSandbox, tmp_path: Path
) -> None:
    model = ScriptedModel(codes=[fenced("answer = v")], verdicts=[verdict(True)])
    request = CodeGenerationRequest("Give it back", {"v": 1})
    result = AgentWorkflow(request, model, settings=settings, sandbox=sandbox).run_sync()
    save_result(result, tmp_path / "out", settings)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "What was sent to the model" in page
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=f"codegen-agent show {result.thread_id} --out"):
        save_result(result, tmp_path / "file", settings)
