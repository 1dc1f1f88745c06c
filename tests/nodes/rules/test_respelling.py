"""Names that can only mean one thing are spelled right; nothing else changes."""

from __future__ import annotations

import pandas as pd
import pytest

from graph_agent.state import AgentState
from graph_agent.summaries import summarize
from nodes.rules.before_running import respelled

FRAME = pd.DataFrame({"Größe in cm": [1], "TotalWorkingYears": [2], "day": ["a"], "Day ": ["b"]})
OTHER = pd.DataFrame({"x": [1]})


def state(*names: str, **more: object) -> AgentState:
    values = {"df": FRAME, "other": OTHER}
    summaries = [summarize(name, values[name]).model_dump(mode="json") for name in names or ("df",)]
    return {"summaries": summaries, **more}  # type: ignore[typeddict-item]  # one of its fields


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = df['total_working_years'].mean()", "x = df['TotalWorkingYears'].mean()"),
        ("x = df[df['größe in CM'] > 1]", "x = df[df['Größe in cm'] > 1]"),
        (
            "ü = df.groupby('größe_in_cm')['totalWorkingYears'].sum()",
            "ü = df.groupby('Größe in cm')['TotalWorkingYears'].sum()",
        ),
        ("x = films['day']\ny = films.head()", "x = df['day']\ny = df.head()"),
        ("df = films.copy()\nx = df['day']", "df = df.copy()\nx = df['day']"),
        ("x = films['total_working_years']", "x = df['TotalWorkingYears']"),
    ],
)
def test_what_would_fail_is_spelled_right(code: str, expected: str) -> None:
    found = respelled(code, state())
    assert found.code == expected
    assert found.notes


@pytest.mark.parametrize(
    "code",
    [
        "x = df['DAY']",  # two columns are alike
        "x = df['years']",
        "df['total_working_years'] = 1\nx = df['total_working_years']",
        "x = df['day'] + films['day']",
        "x = films(df)",
        "x = films + 1",
        "if True:\n    x = films['day']",
        "films = load()\nx = films['day']",
        "x = films['day'] + games['day']",
        "x = (",
    ],
)
def test_other_code_stays_as_it_is(code: str) -> None:
    assert respelled(code, state()) == (code, [])


def test_of_several_variables_none_is_meant() -> None:
    code = "x = films['day']"
    assert respelled(code, state("df", "other")).code == code


def test_rules_that_are_off_change_nothing() -> None:
    skipped = state(skip_rules=["undefined_name", "unknown_column"])
    code = "x = films['total_working_years']"
    assert respelled(code, skipped).code == code


def test_the_notes_say_what_was_changed() -> None:
    assert respelled("x = films['total_working_years']", state()).notes == [
        "wrote the variable films as df",
        "wrote the column 'total_working_years' as 'TotalWorkingYears'",
    ]
