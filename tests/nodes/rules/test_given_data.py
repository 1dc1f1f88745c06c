"""A table that a program makes up for the given one is the given one; nothing else changes."""

from __future__ import annotations

import pytest

from graph_agent.state import AgentState
from nodes.rules.given_data import with_given_table

DF = {"name": "df", "type": "pandas.DataFrame", "columns": ["age", "bmi"]}


def state(request: str = "Is any bmi above 50?", *others: object, **more: object) -> AgentState:
    return {"request": request, "summaries": [DF, *others], **more}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("df = pd.read_csv('your_data.csv')  # the data\nx = df.bmi.max()", "x = df.bmi.max()"),
        ("df = pd.DataFrame({'bmi': [25.0, 35.0]})\nx = df.bmi.max()", "x = df.bmi.max()"),
        (
            "data = pd.DataFrame({\n    'age': [1, 2],\n    'bmi': [3, 4],\n})\nx = max(data.bmi)",
            "data = df.copy()\nx = max(data.bmi)",
        ),
        ("s = '\u2028'\ndata = pd.read_excel('data.xlsx')", "s = '\u2028'\ndata = df.copy()"),
    ],
)
def test_the_given_table_is_used(code: str, expected: str) -> None:
    found = with_given_table(code, state())
    assert found.code == expected
    assert found.notes[0].startswith("used df instead of")


@pytest.mark.parametrize(
    "code",
    [
        "x = df.bmi.max()",
        "top = df.head()\ndf = pd.DataFrame({'bmi': [1]})",
        "bounds = pd.DataFrame({'bmi': [1]})\nx = df.merge(bounds)",
        "scores = pd.DataFrame({'colour': ['red']})",
        "empty = pd.DataFrame({'bmi': []})",
        "limit = pd.DataFrame({'bmi': [50]})",  # the request's own number
        "if True:\n    df = pd.read_csv('a.csv')",
        "import x; df = pd.read_csv('a.csv')",
        "df = other = pd.read_csv('a.csv')",
        "df = load('a.csv')",
        "df = pd.DataFrame(",
    ],
)
def test_other_code_stays_as_it_is(code: str) -> None:
    assert with_given_table(code, state()) == (code, [])


@pytest.mark.parametrize(
    "given",
    [
        state("Make up example data with a bmi"),
        state("Go", {"name": "path", "type": "pathlib.PosixPath"}),
        state(skip_rules=["input_overwritten"]),
        state(summaries=[{**DF, "earlier_result": True}]),
        state(summaries=[]),
    ],
)
def test_only_where_there_is_one_table_and_no_doubt(given: AgentState) -> None:
    code = "df = pd.read_csv('your_data.csv')"
    assert with_given_table(code, given) == (code, [])
