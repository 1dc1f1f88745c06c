"""Folders in DataBench's layout."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from graph_agent.errors import RequestError
from graph_agent.evaluation.judging import judged
from graph_agent.evaluation.suites.databench import TYPES, databench
from sandbox import DockerSandbox

LINES = [
    ("boolean", "Is the sum above 3?", "True", "False"),
    ("number", "What is the sum?", "6", "3"),
    ("category", "Which name comes last?", "c", "b"),
    ("list[number]", "What are the values?", "[3, 2, 1]", "[1, 2]"),
    ("list[category]", "What are the names?", "['a', 'b', 'c']", "['a', 'b']"),
]


def folder_in(path: Path, kinds: int = len(LINES)) -> Path:
    """Write a folder with a table and a question of each of the first ``kinds``."""
    table = pd.DataFrame({"name": ["a", "b", "c"], "value": [1, 2, 3]})
    (path / "table").mkdir(parents=True)
    table.to_parquet(path / "table" / "all.parquet")
    table.head(2).to_parquet(path / "table" / "sample.parquet")
    lines = [
        {
            "id": n,
            "question": text,
            "table": "table",
            "kind": kind,
            "answer": a,
            "answer_lite": lite,
        }
        for n, (kind, text, a, lite) in enumerate(LINES[:kinds])
    ]
    (path / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


PROGRAMS = [
    "answer = bool(df.value.sum() > 3)",
    "answer = float(df.value.sum())",
    "answer = df.name.max()",
    "answer = df.value.tolist()",
    "answer = df.name.tolist()",
]


def test_right_and_wrong_answers(tmp_path: Path, sandbox: DockerSandbox) -> None:
    whole = databench(folder_in(tmp_path), full=True)
    assert whole.name == "databench-full"
    for question, program in zip(whole.questions, PROGRAMS, strict=True):
        assert judged(sandbox, question, program).right, question.id
    sample = databench(tmp_path)
    assert sample.name == "databench-sample"
    assert judged(sandbox, sample.questions[1], PROGRAMS[1]).right
    assert not judged(sandbox, sample.questions[1], "answer = 6.0").right
    assert not judged(sandbox, sample.questions[4], "answer = ['a', 'c']").right


def test_each_kind_asks_for_its_type(tmp_path: Path) -> None:
    suite = databench(folder_in(tmp_path))
    assert {each.category: each.returns for each in suite.questions} == {
        kind: {"answer": type_} for kind, type_ in TYPES.items()
    }
    assert [each.request for each in suite.questions] == [text for _, text, _, _ in LINES]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 1"),
        ('{"id": 1}', "give id, question"),
        ('{"id": 1, "question": "?", "table": "t", "kind": "odd"}', "'odd'"),
        ('{"id": 1, "question": "?", "table": "t", "kind": "number"}', "isn't there"),
        ('{"id": 1, "question": "?", "table": "table", "kind": "number"}', "no answer_lite"),
    ],
)
def test_an_unusable_line(tmp_path: Path, line: str, said: str) -> None:
    (folder_in(tmp_path) / "questions.jsonl").write_text(line)
    with pytest.raises(RequestError, match=said):
        databench(tmp_path)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="sample.parquet"):
        databench(tmp_path / "nowhere")
