"""A whole evaluation: its folder, its reports, and going on after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graph_agent.errors import ModelRequestError, ModelUnknownError, RequestError
from graph_agent.evaluation.running import Step, evaluate
from graph_agent.evaluation.suite import Suite
from sandbox import DockerSandbox
from tests.gemini_server import GeminiServer, Slow, Text
from tests.graph_agent.cli.command import wait_until
from tests.graph_agent.evaluation.small_suites import question, results_of, suite
from tests.scripted_model import ScriptedModel, fenced, verdict

RIGHT = [fenced("answer = 3")] * 5


def test_an_evaluation_and_its_reports(tmp_path: Path, sandbox: DockerSandbox) -> None:
    steps: list[Step] = []
    found = evaluate(
        suite(3),
        "replay:reference",
        concurrency=2,
        out=tmp_path / "out",
        sandbox=sandbox,
        on_step=steps.append,
    )
    assert [each.id for each in found.results] == ["q0", "q1", "q2"]
    assert found.summary["right"]["count"] == 3
    assert [(step.done, step.total) for step in steps] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8")) == found.summary
    assert {path.name for path in found.folder.iterdir()} == {
        "report.html", "report.json", "report.md", "results.jsonl", "setup.json", "state",
    }  # fmt: skip


def test_a_wrong_answer_is_recovered_only_with_the_judge_as_checks(
    tmp_path: Path, sandbox: DockerSandbox
) -> None:
    model = "replay:wrong-then-reference"
    alone = evaluate(suite(1), model, out=tmp_path / "alone", sandbox=sandbox)
    assert alone.summary["silently_wrong"]["count"] == 1
    told = evaluate(suite(1), model, out=tmp_path / "told", checks=True, sandbox=sandbox)
    assert told.summary["right_at"]["1"]["count"] == 0
    assert told.summary["right_at"]["2"]["count"] == 1


def test_resuming_asks_only_what_is_missing(tmp_path: Path, sandbox: DockerSandbox) -> None:
    broken = ScriptedModel(
        codes=[RIGHT[0], RIGHT[0]], verdicts=[verdict(True), ModelRequestError("gone")]
    )
    with pytest.raises(ModelRequestError):
        evaluate(suite(3), broken, out=tmp_path, sandbox=sandbox)
    assert len(results_of(tmp_path)) == 1
    assert not (tmp_path / "report.md").exists()
    model = ScriptedModel(codes=RIGHT[:1], verdicts=[verdict(True)] * 2)
    found = evaluate(suite(3), model, out=tmp_path, resume=True, sandbox=sandbox)
    assert model.calls == ["analyze", "generate", "analyze"]
    assert found.summary["right"]["count"] == 3
    again = evaluate(suite(3), ScriptedModel(), out=tmp_path, resume=True, sandbox=sandbox)
    assert again.summary == found.summary


def test_a_folder_is_not_mixed_up(tmp_path: Path, sandbox: DockerSandbox) -> None:
    with pytest.raises(RequestError, match="nothing to resume"):
        evaluate(suite(1), "replay:reference", out=tmp_path, resume=True)
    evaluate(suite(1), "replay:reference", out=tmp_path, sandbox=sandbox)
    with pytest.raises(RequestError, match="--resume"):
        evaluate(suite(1), "replay:reference", out=tmp_path)
    with pytest.raises(RequestError, match="another candidates"):
        evaluate(suite(1), "replay:reference", candidates=3, out=tmp_path, resume=True)
    with pytest.raises(RequestError, match="another questions"):
        evaluate(
            Suite("small", (question("q0", 5),)), "replay:reference", out=tmp_path, resume=True
        )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"client": "replay:nonsense"}, ModelUnknownError),
        ({"client": "no-such-model"}, ModelUnknownError),
        ({"limit": 0}, RequestError),
        ({"concurrency": 0}, RequestError),
        ({"max_attempts": 0}, RequestError),
        ({"candidates": 0}, RequestError),
        ({"resume": True}, RequestError),
        ({"suite": "nowhere"}, RequestError),
    ],
)
def test_bad_input_is_reported_before_anything_starts(
    tmp_path: Path, options: dict[str, object], error: type[Exception]
) -> None:
    given = {"suite": suite(1), "client": "replay:reference", **options}
    with pytest.raises(error):
        evaluate(**given)  # type: ignore[arg-type]  # on purpose
    assert not (tmp_path / "state").exists()


KILLED = """
import sys
from graph_agent import evaluate
from tests.graph_agent.evaluation.small_suites import suite
evaluate(suite(4), "gemini-2.5-flash", out=sys.argv[1], resume=sys.argv[2] == "resume")
"""


def test_a_killed_evaluation_pays_for_nothing_twice(tmp_path: Path) -> None:
    out = tmp_path / "out"
    one = [Text(fenced("answer = 3")), Text(verdict(True))]
    # The second question's program is there, and the kill comes while it is judged.
    with GeminiServer([*one, one[0], Slow(60)]) as server:
        process = started(out, "start", server)
        wait_until(lambda: len(server.requests) == 4)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert len(results_of(out)) == 1
    with GeminiServer([one[1], *one, *one]) as server:
        assert started(out, "resume", server).wait(300) == 0
        assert len(server.requests) == 5
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert (report["right"]["count"], report["calls"]) == (4, 8)


def started(out: Path, how: str, server: GeminiServer) -> subprocess.Popen[bytes]:
    """Start an evaluation in a process of its own."""
    environ = {
        **os.environ,
        "GOOGLE_GEMINI_BASE_URL": server.url,
        "GEMINI_API_KEY_FOR_CODEGEN_AGENT": "not-a-real-key-5b1c",
    }
    command = [sys.executable, "-c", KILLED, str(out), how]
    return subprocess.Popen(
        command, env=environ, cwd=Path(__file__).parents[3], start_new_session=True
    )
