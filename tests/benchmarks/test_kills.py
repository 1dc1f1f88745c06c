"""What the random kills count as a violation. test_benchmarks_run.py kills some runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.killed_folder import left, left_after_gc, processes_of
from tests.benchmarks.killed_story import Process, Story, ThinkingModel, count_questions
from tests.benchmarks.kills import earlier, findings, keep
from tests.gemini_server import Received
from tests.killed_runs import Run

QUESTION = Received("/v1beta/models/fake:generateContent", {}, {})
IN_TIME, LATE = 1.0, 3.0
"""When an answer was sent to a process that ended at 2."""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with ThinkingModel() as model:
        found = Run(tmp_path / "runs", model)
    (found.state / "locks").mkdir(parents=True)
    (found.state / "variables" / "jobs").mkdir(parents=True)
    (found.state / "calls").mkdir()
    return found


@pytest.mark.docker
@pytest.mark.parametrize("place", ["tmp/x", "state/locks/x", "state/variables/jobs/x", "state/x"])
def test_a_file_that_is_left_is_found(run: Run, place: str) -> None:
    assert left(run) == []
    (run.folder / place).touch()
    assert left(run) == [str(run.folder / place)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_is_left_is_found(tmp_path: Path) -> None:
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, env=environ) as process:
        assert processes_of(tmp_path) == [process.pid]
        process.kill()
    assert processes_of(tmp_path) == []


def test_a_value_that_gc_must_remove_or_report_is_found(run: Run) -> None:
    blobs = run.state / "variables" / "blobs"
    (blobs / "00").mkdir(parents=True)
    (blobs / "00" / ("0" * 64)).write_bytes(b"unused")
    (blobs / f".{'0' * 16}").write_bytes(b"half written")
    assert left_after_gc(run) == []
    assert [path for path in blobs.rglob("*") if path.is_file()] == []
    (blobs / "not-a-value").mkdir()
    (blobs / ".unknown").touch()
    assert left_after_gc(run) == ["value .unknown"]


@pytest.mark.parametrize(
    ("asked", "sent_at", "noted", "killed", "expected"),
    [
        (2, [0.5, IN_TIME], 2, True, (0, 0, 0)),
        (2, [0.5, LATE], 1, True, (1, 0, 0)),
        (2, [0.5, IN_TIME], 1, True, (0, 1, 0)),
        (3, [0.5, IN_TIME, LATE], 1, True, (0, 0, 1)),  # an answer that should have been noted
        (2, [0.5, IN_TIME], 1, False, (0, 0, 1)),
        (1, [IN_TIME], 2, False, (0, 0, 1)),
    ],
)
def test_questions_are_compared_with_noted_answers(
    asked: int, sent_at: list[float], noted: int, killed: bool, expected: tuple[int, int, int]
) -> None:
    with ThinkingModel() as model:
        model.requests.extend([QUESTION] * asked)
        model.sent_at.extend(sent_at)
        story = Story(0)
        count_questions(story, Process(model, kept=1, ended_at=2.0, killed=killed), 1 + noted)
    assert (story.cut_off, story.not_noted, len(story.violations)) == expected


def test_an_earlier_call_is_continued(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    stories = [Story(0, [0.5], [3]), Story(1, [0.1, 0.9], [0, 4], violations=["something"])]
    for story in stories:
        keep(record, story)
    assert earlier(record) == stories
    found = findings(earlier(record), seed=7)
    assert found.violations == ["run 1: something"]
    assert found.rows[0].met is False
    assert found.rows[0].ours == "3 kills, 1 violations"
    assert found.rows[1].ours == "1 / 0 / 0 / 1 / 1"
