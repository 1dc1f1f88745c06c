"""Suites in folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph_agent.errors import RequestError
from graph_agent.evaluation.suites.folder import suite_in
from graph_agent.evaluation.suites.loading import load_suite

TOML = """
name = "mine"
files = ["more.toml"]

[[questions]]
id = "mean"
category = "aggregation"
request = "What is the average?"
variables = { table = "t.csv" }
returns = { answer = "float" }
expected = 1.5
reference = "answer = float(table.a.mean())"
wrong = ["answer = 1"]
"""
MORE = """
[[questions]]
id = "function"
request = "Write a function f"
judge = "assert f() == 1"
judge_beside = true
figures = 2
"""


def written(folder: Path, toml: str = TOML, more: str = MORE) -> Path:
    """Write a suite."""
    (folder / "suite.toml").write_text(toml)
    (folder / "more.toml").write_text(more)
    (folder / "t.csv").write_text("a\n1\n2\n")
    return folder


def test_a_suite_in_toml(tmp_path: Path) -> None:
    suite = load_suite(written(tmp_path))
    mean, function = suite.questions
    assert suite.name == "mine"
    assert (mean.id, mean.category, mean.returns) == ("mean", "aggregation", {"answer": float})
    assert mean.variables == {"table": tmp_path / "t.csv"}
    assert (mean.reference, mean.wrong) == ("answer = float(table.a.mean())", ("answer = 1",))
    assert "same_answer(answer, 1.5, 'number')" in mean.judge
    assert (function.judge, function.beside, function.figures) == ("assert f() == 1", True, 2)
    assert (function.returns, function.category) == (None, "all")


def test_a_suite_in_json_lines(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "request": "Which?", "expected": ["x", "y"], "returns": ["names"]},
        {"id": "b", "request": "Is it?", "expected": True},
        {"id": "c", "request": "List them", "expected": [1, 2.5]},
        {"id": "d", "request": "Who?", "expected": "3", "kind": "number"},
    ]
    (tmp_path / "suite.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    suite = load_suite(tmp_path)
    assert suite.name == tmp_path.name
    ends = [question.judge.splitlines()[-1] for question in suite.questions]
    assert "same_answer(names, ['x', 'y'], 'list[category]')" in ends[0]
    assert "same_answer(answer, True, 'boolean')" in ends[1]
    assert "same_answer(answer, [1, 2.5], 'list[number]')" in ends[2]
    assert "same_answer(answer, '3', 'number')" in ends[3]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("expected = 1.5", ""), "either judge or expected"),
        (("expected = 1.5", "judge = 'assert ='"), "does not parse"),
        (("expected = 1.5", "expectd = 1.5"), "'expectd'"),
        (('"t.csv"', '"u.csv"'), "u.csv' which isn't there|u.csv', which isn't there"),
        (('"float"', '"number"'), "'number' is no type"),
        (('"more.toml"', '"less.toml"'), "less.toml"),
        (('id = "mean"', 'id = "function"'), "two questions"),
        (("[[questions]]", "[[questions"), "no TOML"),
        (("table =", "'a table' ="), "a table"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    folder = written(tmp_path, TOML.replace(*change))
    with pytest.raises((RequestError, RuntimeError), match=said):
        suite_in(folder)


def test_lines_that_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").write_text('{"id": "a",')
    with pytest.raises(RequestError, match="line 1 of"):
        suite_in(tmp_path)
    with pytest.raises(RequestError, match=r"neither suite\.toml"):
        suite_in(tmp_path / "nowhere")
