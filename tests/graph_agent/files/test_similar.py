"""The file that a path which leads nowhere may mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.files.similar import hint_for


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("tpis.csv", "did you mean 'Tips.csv'?"),
        ("tips.xlsx", "did you mean 'Tips.csv'?"),
        ("zz", "check the path"),
        ("no/tips.csv", "nor does its folder"),
        ("Tips.csv/x", "nor does its folder"),
    ],
)
def test_a_similar_file_is_suggested(tmp_path: Path, asked: str, said: str) -> None:
    (tmp_path / "Tips.csv").touch()
    assert said in hint_for(tmp_path / asked)
