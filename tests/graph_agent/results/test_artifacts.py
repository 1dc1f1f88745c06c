"""The files that a run is saved as."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.config.settings import Settings
from graph_agent.records import Attempt
from graph_agent.results.artifacts import save_execution, save_run
from graph_agent.results.result import result_from
from graph_agent.samples import load_tips
from graph_agent.state import AgentOutput
from nodes.recording.recording import to_record
from sandbox import DockerSandbox, VariableStore
from sandbox.records import Execution, Figure, Payload
from sandbox.runner.encode import encode_value
from sandbox.runner.shared.limits import CODEC
from tests.scripted_model import ScriptedModel, fenced, verdict


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_the_files_of_a_real_run(
    sandbox: DockerSandbox, settings: Settings, tmp_path: Path
) -> None:
    code = (
        "import matplotlib.pyplot as plt\nmeans = tips.groupby('day')[['tip']].mean()\n"
        "count = len(tips)\nplt.plot([1, 2])\nplt.figure()\nplt.plot([3])"
    )
    client = ScriptedModel(
        codes=[fenced("print('no')\n1 / 0"), fenced(code)], verdicts=[verdict(False), verdict(True)]
    )
    request = CodeGenerationRequest("Go", {"tips": load_tips()})
    result = AgentWorkflow(request, client, sandbox=sandbox).run_sync()
    store = VariableStore(settings.state_dir / "variables")
    folder = tmp_path / "a" / "b"
    files = save_run(result.output, store, folder)
    assert sorted(files) == sorted(folder.glob("[!.]*"))
    assert names(files) == [
        "transcript.md",
        "code.py",
        "attempt-2-figure-1.png",
        "attempt-2-figure-2.png",
        "means.csv",
        "values.json",
    ]
    assert (folder / "code.py").read_text() == result.code
    assert (folder / "attempt-2-figure-2.png").read_bytes() == result.figures[1].data
    transcript = (folder / "transcript.md").read_text(encoding="utf-8")
    for file in folder.glob("*.png"):
        assert f"(./{file.name})" in transcript
    assert json.loads((folder / "values.json").read_text()) == {"count": 244}
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "means.csv", index_col="day"), result.variables["means"]
    )


def test_a_run_without_attempts_has_a_transcript(tmp_path: Path) -> None:
    output: AgentOutput = {"request": "Go", "attempts": [], "success": False}
    assert names(save_run(output, VariableStore(tmp_path / "store"), tmp_path)) == ["transcript.md"]


def test_code_that_utf8_cannot_encode(tmp_path: Path) -> None:
    output: AgentOutput = {"request": "\ud800", "attempts": [], "code": "x = '\ud800'\n"}
    save_run(output, VariableStore(tmp_path / "store"), tmp_path)
    assert (tmp_path / "code.py").read_text(encoding="utf-8") == "x = '\\ud800'\n"
    assert "\\ud800" in (tmp_path / "transcript.md").read_text(encoding="utf-8")


def run_of(execution: Execution, store: VariableStore) -> AgentOutput:
    record = to_record(execution, store, "sample")
    attempt = Attempt(number=1, code="x", execution=record).to_state()
    return {"request": "Go", "code": "x", "attempts": [attempt]}  # type: ignore[typeddict-item]


PICTURE = Figure(b"drawn", "image/png", 4, 3)


def test_the_files_in_the_users_folder_stay_and_links_lead_to_this_runs_figures(
    tmp_path: Path,
) -> None:
    store, folder = VariableStore(tmp_path / "store"), tmp_path / "mine"
    folder.mkdir()
    mine = {"code.py": "mine", "transcript.md": "mine", "attempt-1-figure-1.png": "mine"}
    for name, text in mine.items():
        (folder / name).write_text(text)
    execution = Execution("ok", figures=(PICTURE,), files={"clean.csv": b"1", ".env": b"2"})
    saved = save_run(run_of(execution, store), store, folder, "thread")
    assert {name: (folder / name).read_text() for name in mine} == mine
    assert saved.renamed == {
        "transcript.md": "transcript-2.md",
        "code.py": "code-2.py",
        "attempt-1-figure-1.png": "attempt-1-figure-1-2.png",
        "clean.csv": "clean-2.csv",
        ".env": "_env-2",
    }
    assert "(./attempt-1-figure-1-2.png)" in (folder / "transcript-2.md").read_text()
    assert (folder / "clean-2.csv").read_bytes() == b"1"


def test_a_file_of_the_code_with_the_name_of_one_of_ours(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "store")
    execution = Execution("ok", files={"code.py": b"theirs", "Transcript.md": b"theirs"})
    saved = save_run(run_of(execution, store), store, tmp_path / "out")
    assert saved.renamed == {"code.py": "code-2.py", "Transcript.md": "Transcript-2.md"}
    assert (tmp_path / "out" / "code.py").read_text() == "x"
    assert (tmp_path / "out" / "code-2.py").read_text() == "theirs"


def test_the_codes_own_table_comes_before_that_of_a_variable(tmp_path: Path) -> None:
    means = pd.DataFrame({"a": [1]})
    payload = Payload(CODEC, "pandas.DataFrame", b"".join(encode_value(means)))
    run = Execution(
        "ok",
        variables={"means": means},
        payloads={"means": payload},
        files={"means.csv": b"asked for"},
    )
    assert names(save_execution(run, tmp_path)) == ["means.csv", "means-2.csv"]
    assert (tmp_path / "means.csv").read_bytes() == b"asked for"


def test_a_value_without_a_file_is_named_with_the_reason(tmp_path: Path) -> None:
    unreadable = Payload(CODEC, "pandas.Series", b"x")
    run = Execution("ok", variables={"s": None}, payloads={"s": unreadable})
    saved = save_execution(run, tmp_path)
    assert names(saved) == []
    assert saved.left_out["s"]


def test_a_second_execution_does_not_mix_with_the_first(tmp_path: Path) -> None:
    save_execution(Execution("ok", figures=(PICTURE,)), tmp_path)
    saved = save_execution(Execution("ok", files={"a.csv": b"1"}), tmp_path)
    assert names(saved) == ["a-2.csv"]
    assert saved.renamed == {"a.csv": "a-2.csv"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device")
def test_a_folder_that_is_a_device_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space|Not a directory|File exists"):
        save_run({"request": "x" * 100_000}, VariableStore(tmp_path / "s"), Path("/dev/full"))


def test_a_preview_is_saved_next_to_its_figure(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "variables")
    drawn = Figure(b"drawn", "image/png", 4, 3)
    figures = (Figure(b"{}", "application/vnd.plotly.v1+json", 4, 3, drawn), drawn)
    record = to_record(Execution("ok", figures=figures), store, "sample")
    attempt = Attempt(number=1, code="x", execution=record).to_state()
    output: AgentOutput = {"request": "Go", "attempts": [attempt]}  # type: ignore[typeddict-item]
    assert result_from(output, store, "t").figures == figures
    written = save_run(output, store, tmp_path / "out")
    named = {path.name: path.read_bytes() for path in written if "figure" in path.name}
    assert named == {
        "attempt-1-figure-1.json": b"{}",
        "attempt-1-figure-1.png": b"drawn",
        "attempt-1-figure-2.png": b"drawn",
    }
