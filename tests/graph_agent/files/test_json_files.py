"""JSON and JSON lines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graph_agent.files.json_files import read_json, read_json_lines
from graph_agent.files.reading import Reading

BIG = 1234567890123456789


def test_missing_integers_stay_exact(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'[{{"id": {BIG}}}, {{"id": null}}]')
    (tmp_path / "a.jsonl").write_text(f'{{"id": {BIG}}}\n{{"id": null}}\n')
    for frame in (
        read_json(tmp_path / "a.json", Reading()),
        read_json_lines(tmp_path / "a.jsonl", Reading()),
    ):
        assert str(frame["id"].dtype) == "Int64"
        assert frame["id"].tolist() == [BIG, pd.NA]


def test_integers_beyond_64_bits_never_become_floats(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f'[{{"id": {10**30}}}, {{"id": null}}, {{"id": 1}}]')
    assert read_json(tmp_path / "a.json", Reading())["id"].tolist() == [10**30, None, 1]


def test_text_that_looks_like_something_else_stays_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"zip": "01067", "c": "NA"}, {"zip": "1E5", "c": "null"}]')
    frame = read_json(tmp_path / "a.json", Reading())
    assert frame.to_dict("list") == {"zip": ["01067", "1E5"], "c": ["NA", "null"]}


def test_json_lines_in_a_json_file_are_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}\n')
    reading = Reading()
    assert read_json(tmp_path / "a.json", reading)["a"].tolist() == [1, 2]
    assert reading.note("a.json") == "a.json: read as JSON lines"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.json").write_bytes('[{"name": "café crème"}]'.encode(encoding))
    reading = Reading()
    assert read_json(tmp_path / "a.json", reading)["name"].tolist() == ["café crème"]
    assert reading.note("a.json") == f"a.json: read as {encoding}"
