"""The names most like a wrong one."""

from __future__ import annotations

from graph_agent.prompts.nearest import nearest


def test_nearest_is_by_spelling_or_by_a_word() -> None:
    columns = ["monthly_income", "job_role", "years_at_company", "age"]
    assert nearest("MonthlyIncome", columns) == ["monthly_income"]
    assert nearest("income", columns) == ["monthly_income"]
    assert nearest("Age", columns)[0] == "age"
    assert nearest("zzz", columns) == []
