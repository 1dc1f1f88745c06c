"""The files a run leaves behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from graph_agent import AgentWorkflow, CodeGenerationRequest
from graph_agent.artifacts import MAX_JSON_CHARS, json_value, save_run, save_values
from graph_agent.records import Attempt
from graph_agent.result import result_from
from graph_agent.samples import load_tips
from graph_agent.settings import Settings
from graph_agent.state import AgentOutput
from nodes.recording import to_record
from sandbox import DockerSandbox, VariableStore
from sandbox.records import Execution, Figure
from tests.scripted_model import ScriptedModel, fenced, verdict


def names(paths: list[Path]) -> list[str]:
    return [one.name for one in paths]


def test_what_a_real_run_leaves(sandbox: DockerSandbox, settings: Settings, tmp_path: Path) -> None:
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
    assert sorted(files) == sorted(folder.iterdir())
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


def test_a_run_that_wrote_nothing_leaves_its_transcript(tmp_path: Path) -> None:
    output: AgentOutput = {"request": "Go", "attempts": [], "success": False}
    assert names(save_run(output, VariableStore(tmp_path / "store"), tmp_path)) == ["transcript.md"]


def test_code_that_utf8_cannot_hold(tmp_path: Path) -> None:
    output: AgentOutput = {"request": "\ud800", "attempts": [], "code": "x = '\ud800'\n"}
    save_run(output, VariableStore(tmp_path / "store"), tmp_path)
    assert (tmp_path / "code.py").read_text(encoding="utf-8") == "x = '\\ud800'\n"
    assert "\\ud800" in (tmp_path / "transcript.md").read_text(encoding="utf-8")


VALUES: dict[str, Any] = {
    "frame": pd.DataFrame({"a": [1, 2]}),
    "series": pd.Series([1.5], name="s"),
    "wide": pl.DataFrame({"b": ["é"]}),
    "nested": pl.DataFrame({"b": [[1]]}),
    "grid": np.arange(3),
    "objects": np.array([{}], dtype=object),
    "word": "é\ud800",
    "number": np.float64(2.5),
    "nothing_json_has": float("nan"),
    "a_set": {1},
}


def test_each_kind_of_value_has_its_file(tmp_path: Path) -> None:
    files = save_values(VALUES, tmp_path)
    assert names(files) == ["frame.csv", "series.csv", "wide.csv", "grid.npy", "values.json"]
    assert np.load(tmp_path / "grid.npy", allow_pickle=False).tolist() == [0, 1, 2]
    assert (tmp_path / "wide.csv").read_text(encoding="utf-8") == "b\né\n"
    kept = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))
    assert kept == {"word": "é\ud800", "number": 2.5}


def test_no_file_is_replaced_and_the_same_content_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / "frame.csv").write_text("mine")
    (tmp_path / "values.json").mkdir()
    for _ in range(2):
        files = save_values({"frame": pd.DataFrame({"a": [1]}), "n": 1}, tmp_path)
        assert names(files) == ["frame-2.csv", "values-2.json"]
    assert (tmp_path / "frame.csv").read_text() == "mine"
    assert names(save_values({"n": 2}, tmp_path)) == ["values-3.json"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "frame.csv").symlink_to(target)
    assert names(save_values({"frame": pd.DataFrame({"a": [1]})}, folder)) == ["frame-2.csv"]
    assert not target.exists()


def test_a_name_too_long_for_a_file_is_left_out(tmp_path: Path) -> None:
    assert save_values({"x" * 300: pd.DataFrame({"a": [1]})}, tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "transcript.md").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        save_run({"request": "x" * 100_000}, VariableStore(tmp_path / "s"), tmp_path)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        ({"a": [1, "é", None]}, {"a": [1, "é", None]}),
        ((1, 2), [1, 2]),
        (np.int64(3), 3),
        (np.float32("nan"), None),
        (float("inf"), None),
        ("x" * MAX_JSON_CHARS, None),
        (b"bytes", None),
        (Path(os.sep), None),
    ],
    ids=lambda one: repr(one)[:20],
)
def test_json_value(value: object, shown: object) -> None:
    assert json_value(value) == shown


def test_a_value_that_holds_itself_has_no_json() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert json_value(loop) is None
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert json_value(deep) is None


def test_a_preview_survives_the_state_and_lies_beside_its_figure(tmp_path: Path) -> None:
    store = VariableStore(tmp_path / "variables")
    drawn = Figure(b"drawn", "image/png", 4, 3)
    figures = (Figure(b"{}", "application/vnd.plotly.v1+json", 4, 3, drawn), drawn)
    record = to_record(Execution("ok", figures=figures), store, "sample")
    attempt = Attempt(number=1, code="x", execution=record).to_state()
    output: AgentOutput = {"request": "Go", "attempts": [attempt]}  # type: ignore[typeddict-item]
    assert result_from(output, store, "t").figures == figures
    written = save_run(output, store, tmp_path / "out")
    named = {one.name: one.read_bytes() for one in written if "figure" in one.name}
    assert named == {
        "attempt-1-figure-1.json": b"{}",
        "attempt-1-figure-1.png": b"drawn",
        "attempt-1-figure-2.png": b"drawn",
    }
