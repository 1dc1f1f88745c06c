"""What a name or a path that leads nowhere may mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_agent.similar import closest, did_you_mean, hint_for_file, nearest_columns


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
    assert said in hint_for_file(tmp_path / asked)


@pytest.mark.parametrize("asked", ["https://example.org/a.csv", "s3://bucket/a.parquet"])
def test_an_address_is_recognized(asked: str) -> None:
    assert "download" in hint_for_file(Path(asked))
    assert "download" in hint_for_file(Path(asked).absolute())
    assert "download" not in hint_for_file(Path("notes:a.csv"))


def test_nearest_columns_are_by_spelling_or_by_a_word() -> None:
    columns = ["monthly_income", "job_role", "years_at_company", "age"]
    assert nearest_columns("MonthlyIncome", columns) == ["monthly_income"]
    assert nearest_columns("income", columns) == ["monthly_income"]
    assert nearest_columns("Age", columns)[0] == "age"
    assert nearest_columns("zzz", columns) == []


def test_suggestions() -> None:
    assert did_you_mean("tisp", ["tips", "other"]) == "; did you mean 'tips'?"
    assert did_you_mean("TIPS", ["Tips"]) == "; did you mean 'Tips'?"
    assert did_you_mean("zzz", ["tips"]) == ""
    assert closest("tipsxxx", ["tips"], 0.9) is None
