"""What a plan says about an error: for errors that pandas really raises."""

from __future__ import annotations

import pandas as pd
import pytest

from graph_agent.records import ErrorRecord
from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.rules.repairs import repair_of

FRAME = pd.DataFrame({"name": ["a", "b"], "monthly_income": ["1", "x"], "n": [1, 2]})
KINDS = FRAME.astype({"name": "category"})
STATE: AgentState = {"summaries": [summarize("df", FRAME).model_dump(mode="json")]}


def repair(code: str) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  # which one is part of the case
        eval(code)
    message = str(caught.value)
    error = ErrorRecord(name=type(caught.value).__name__, message=message, traceback="")
    return repair_of(error, STATE)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('FRAME["MonthlyIncome"]', "'monthly_income'"),
        ('FRAME.groupby("name").sum()["name"]', "reset_index()"),
        ('bool(FRAME["n"] > 1)', ".any() or .all()"),
        ('FRAME["n"].value_counts()[FRAME["name"] == "a"]', "the same table"),
        ('FRAME[FRAME["n"] > 5].iloc[0]', "Nothing is left"),
        ('FRAME[FRAME["n"] > 5]["n"].idxmax()', "Nothing is left"),
        ('KINDS["name"].max()', ".astype(str)"),
        ('FRAME["monthly_income"].astype(float)', "pd.to_numeric"),
        ('FRAME["monthly_income"] > 3', "pd.to_numeric"),
        ('float(FRAME["n"])', "one value first"),
        ('FRAME["n"].str.lower()', ".astype(str) before .str"),
        ('FRAME["name"].dt.year', "pd.to_datetime"),
        ('FRAME["n"].map(lambda n: [n]).unique()', ".explode()"),
        ('FRAME["n"].max().idxmax()', "a single one"),
        ("FRAME.nothing", 'table["name"]'),
        ('FRAME["name"].tolist().value_counts()', "pd.Series"),
        ("FRAME['n'].to_numpy().unique()", "pd.Series"),
    ],
)
def test_what_usually_helps(code: str, says: str) -> None:
    assert says in repair(code)


def test_an_unknown_error_has_no_repair() -> None:
    assert repair("1 / 0") == ""
    assert repair("{}['zzzz']") == ""
