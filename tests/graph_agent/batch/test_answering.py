"""One request of a batch through the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel

from graph_agent.batch.answering import Answering
from graph_agent.batch.journal import RequestResult, Unfinished
from graph_agent.batch.requests import BatchRequest, read_requests
from graph_agent.batch.side_by_side import ActiveRuns
from graph_agent.batch.values import FileOptions
from graph_agent.config.settings import Settings
from graph_agent.errors import ModelAnswerError, ModelRequestError, RunStoppedError
from graph_agent.files import variable_files
from tests.graph_agent.batch.numbers import line, write_lines
from tests.graph_agent.batch.test_journal import SETUP
from tests.one_container import OneContainer
from tests.scripted_model import ScriptedModel, fenced, verdict


@pytest.fixture
def sandbox(one_container: OneContainer) -> OneContainer:
    """One container: how code runs isn't what is tested here."""
    return one_container


def answering(
    model: BaseChatModel, settings: Settings, sandbox: OneContainer, folder: Path, **more: Any
) -> Answering:
    """Set up a batch with a model."""
    given = {"runs": ActiveRuns(), "files": FileOptions(), **more}
    return Answering(SETUP, model, settings, sandbox, folder, **given)


def request(folder: Path, settings: Settings, **more: Any) -> BatchRequest:
    """Make a request for the number 3."""
    (found,) = read_requests(write_lines(folder / "r.jsonl", [line(3, **more)]), settings)
    return found


def test_a_result_and_its_folder(settings: Settings, sandbox: OneContainer, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n2\n")
    asked = request(tmp_path, settings, variables={"t": "t.csv"})
    codes = [fenced("1 / 0"), fenced("answer = int(t.x.sum())\nprint(5)")]
    model = ScriptedModel(codes=codes, verdicts=[verdict(False)])
    found = answering(model, settings, sandbox, tmp_path / "out").answer(asked)
    assert isinstance(found, RequestResult), found
    assert (found.success, found.answer, found.text) == (True, 3, "Answer: 3")
    assert (found.attempts, found.execution, found.judged_by) == (2, "ok", "checks")
    assert (found.folder, found.input_tokens > 0, found.seconds > 0) == ("n3", True, True)
    names = {path.name for path in (tmp_path / "out" / "n3").iterdir()}
    assert {"transcript.md", "report.html", "code.py"} <= names
    report = (tmp_path / "out" / "n3" / "report.html").read_text("utf-8")
    assert "What was sent to the model" in report


def test_code_that_fails_is_a_result(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    asked = request(tmp_path, settings, max_attempts=1)
    model = ScriptedModel(codes=[fenced("1 / 0")], verdicts=[verdict(False, why="It divides.")])
    found = answering(model, settings, sandbox, tmp_path / "out").answer(asked)
    assert isinstance(found, RequestResult), found
    assert (found.success, found.answer, found.execution) == (False, None, "error")
    assert found.problem
    assert found.text == f"Not solved: {found.problem}"


def test_no_usable_answer_of_the_model_is_a_result(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    model = ScriptedModel(codes=[ModelAnswerError("blocked by a filter", "blocked")])
    asked = request(tmp_path, settings)
    found = answering(model, settings, sandbox, tmp_path / "out").answer(asked)
    assert isinstance(found, RequestResult), found
    assert (found.success, found.problem) == (False, "blocked by a filter")
    assert (tmp_path / "out" / "n3" / "transcript.md").exists()


def test_trouble_of_the_environment_is_none_and_the_run_goes_on_where_it_was(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    asked = request(tmp_path, settings, checks=None)
    broken = ScriptedModel(codes=[fenced("answer = 3")], verdicts=[ModelRequestError("no")])
    found = answering(broken, settings, sandbox, tmp_path).answer(asked)
    assert isinstance(found, Unfinished), found
    assert (found.kind, found.error, found.message) == ("environment", "ModelRequestError", "no")
    second = ScriptedModel(verdicts=[verdict(True)])
    again = answering(second, settings, sandbox, tmp_path).answer(asked)
    assert isinstance(again, RequestResult), again
    assert (again.success, second.calls) == (True, ["analyze"])


def test_files_that_cannot_be_saved_are_trouble_and_nothing_is_asked_again(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    (tmp_path / "out").touch()
    model = ScriptedModel(codes=[fenced("answer = 3")])
    box = answering(model, settings, sandbox, tmp_path / "out")
    asked = request(tmp_path, settings)
    found = box.answer(asked)
    assert isinstance(found, Unfinished), found
    assert (found.kind, found.error) == ("environment", "OutputError")
    (tmp_path / "out").unlink()
    again = box.answer(asked)
    assert isinstance(again, RequestResult), again
    assert (again.answer, model.calls) == (3, ["generate"])


def test_unusable_data_is_input(settings: Settings, sandbox: OneContainer, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("no parquet")
    asked = request(tmp_path, settings, variables={"t": "t.parquet"})
    found = answering(ScriptedModel(), settings, sandbox, tmp_path).answer(asked)
    assert isinstance(found, Unfinished), found
    assert (found.kind, found.error) == ("input", "VariableFileError")
    assert "t.parquet" in found.message


def test_code_that_needs_approval_waits(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    asked = request(tmp_path, settings, approve="always")
    model = ScriptedModel(codes=[fenced("answer = 3")])
    found = answering(model, settings, sandbox, tmp_path).answer(asked)
    assert isinstance(found, Unfinished), found
    assert (found.kind, found.error) == ("waiting", "")
    assert f"codegen-agent resume {found.thread_id}" in found.message


def test_a_file_is_read_once_until_it_changes(
    settings: Settings,
    sandbox: OneContainer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = []
    real = variable_files.reader_for

    def counted(name: str) -> Any:
        reads.append(name)
        return real(name)

    (tmp_path / "t.csv").write_text("x\n3\n")
    lines = [line(number, variables={"t": "t.csv"}, checks=None) for number in (3, 4, 5)]
    asked = read_requests(write_lines(tmp_path / "r.jsonl", lines), settings)
    monkeypatch.setattr(variable_files, "reader_for", counted)
    model = ScriptedModel(codes=[fenced("answer = int(t.x[0])")] * 3, verdicts=[verdict(True)] * 3)
    box = answering(model, settings, sandbox, tmp_path)
    answers = [box.answer(asked[0]), box.answer(asked[1])]
    assert reads == ["t.csv"]
    (tmp_path / "t.csv").write_text("x\n44\n")
    answers.append(box.answer(asked[2]))
    assert [each.answer for each in answers] == [3, 3, 44]  # type: ignore[union-attr]  # solved


def test_nothing_begins_once_the_runs_are_stopped(
    settings: Settings, sandbox: OneContainer, tmp_path: Path
) -> None:
    runs = ActiveRuns()
    runs.stop()
    box = answering(ScriptedModel(), settings, sandbox, tmp_path, runs=runs)
    with pytest.raises(RunStoppedError):
        box.answer(request(tmp_path, settings))
