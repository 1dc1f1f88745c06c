"""Which assignments overwrite a given variable with made-up data, and which do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from graph_agent.records import Attempt, ExecutionRecord
from graph_agent.summaries import summarize
from tests.nodes.rules.applying import rules

GIVEN: dict[str, Any] = {
    "df": pd.DataFrame({"a": [1, 2], "order_total": [3.0, 4.0]}),
    "other": pd.DataFrame({"a": [1], "b": [2]}),
    "array": np.arange(3.0),
    "items": [1, 2, 3],
    "rate": 0.2,
    "title": "Sales",
}
SUMMARIES = [summarize(name, value).model_dump(mode="json") for name, value in GIVEN.items()]
MADE = "pd.DataFrame({'a': [7, 8]})"


def found(code: str, request: str = "Add it up", **execution: Any) -> list[str]:
    given = {"outcome": "ok", "changed_inputs": list(GIVEN), "stdout": "x", **execution}
    run = ExecutionRecord.model_validate(given)
    attempt = Attempt(number=1, code=code, execution=run)
    return rules(attempt, request=request, summaries=SUMMARIES)


@pytest.mark.parametrize(
    "code",
    [
        f"df = {MADE}",
        f"df: pd.DataFrame = {MADE}",
        f"df = {MADE}.set_index('a').sort_index()",
        f"if True:\n    df = {MADE}",
        f"if __name__ == '__main__':\n    df = {MADE}",
        f"if x:\n    df = {MADE}\nelse:\n    df = pd.read_csv('x.csv')",
        f"with warnings.catch_warnings():\n    df = {MADE}",
        f"for i in range(3):\n    df = {MADE}",
        f"(df := {MADE}).sum()",
        f"a, df = 1, {MADE}",
        f"df = spare = {MADE}",
        "df = pd.read_csv('data.csv')",
        "df = pd.read_excel('data.xlsx', sheet_name=0)",
        "df = sns.load_dataset('tips')",
        "df = px.data.iris()",
        "df = pd.DataFrame(np.random.rand(3, 2), columns=['a', 'b'])",
        "n = 100\ndf = pd.DataFrame({'a': range(n)})",
        "rows = [{'a': 1}, {'a': 2}]\nframe = pd.DataFrame(rows)\ndf = frame.copy()",
        f"df.info()\ndf.head()\nprint(df.describe())\ndf = {MADE}",
        f"df = df.copy()\ndf = {MADE}",
        f"del df\ndf = {MADE}",
        f"df = None\ndf = {MADE}",
        f"def make():\n    data = {MADE}\n    return data\ndf = make()",
        f"def go():\n    global df\n    df = {MADE}\ngo()",
        f"try:\n    df = {MADE}\nexcept Exception as e:\n    print(e)",
        f"try:\n    df = pd.read_csv('x')\nexcept FileNotFoundError:\n    df = {MADE}",
        "try:\n    df = pd.read_csv('x')\nexcept FileNotFoundError:\n    raise SystemExit",
        "with open('x.json') as f:\n    df = pd.DataFrame(json.load(f))",
        "array = np.array([1.0, 2.0])",
        "array = np.linspace(0, 10, 50)",
        "items = [4, 5, 6]",
        "items = random.sample(range(100), 10)",
        "rate = 0.37",
        "title = 'My own title'",
    ],
)
def test_overwritten(code: str) -> None:
    assert "input_overwritten" in found(code)


@pytest.mark.parametrize(
    "code",
    [
        "df = df.dropna()",
        "df = df[df.a > 0]",
        "df = pd.merge(df, other)",
        "df, x = f(df)",
        "x, df = f(df), df.dropna()",
        "df = other.copy()",
        "df = pd.DataFrame({'a': df['a'].tolist()})",
        "df = pd.DataFrame({'a': items})",
        "df = pd.DataFrame(dict(zip(['x', 'y'], array)))",
        "rows = []\nfor i in items:\n    rows.append([i, 1])\ndf = pd.DataFrame(rows)",
        "out = {}\nout['a'] = df.a\ndf = pd.DataFrame(out)",
        "df += 1",
        "df['b'] = [1, 2]",
        "df.loc[0, 'a'] = 5",
        "df.a = np.random.rand(2)",
        "df = None",
        "df = pd.DataFrame()",
        "items = []",
        "items = [0] * 10",
        "rate = 0",
        "for df in [1, 2]:\n    pass",
        "for i, df in enumerate(pd.read_csv('x', chunksize=2)):\n    pass",
        "[df for df in range(5)]",
        "{rate: title for rate, title in [(1, 2)]}",
        "f = lambda df: df",
        f"def f():\n    df = {MADE}\n    return df\nf()",
        f"def f(df):\n    df = {MADE}\n    return df",
        f"class A:\n    df = {MADE}",
        f"def never():\n    global df\n    df = {MADE}",
        "def f():\n    return df.sum()\nitems = f()",
        "def f(x):\n    return x * 2\ndf = f(df)",
        "def f(x):\n    return x * 2\ndf = df.apply(f)",
        "def f():\n    global df\n    df = df.dropna()\nf()",
        f"total = df.a.sum()\ndf = {MADE}",
        f"try:\n    df\nexcept NameError:\n    df = {MADE}",
        f"try:\n    df.head()\nexcept Exception:\n    df = {MADE}",
        "try:\n    df = pd.read_csv('x')\nexcept Exception:\n    pass",
        f"if 'df' not in globals():\n    df = {MADE}",
        f"if 'df' not in dir():\n    df = {MADE}",
        f"if df is None:\n    df = {MADE}\nelse:\n    df = df.copy()",
        f"if not len(df):\n    df = {MADE}",
        f"if DEMO:\n    df = {MADE}",
        f"df = df if 'df' in locals() else {MADE}",
        f"df = globals().get('df', {MADE})",
        "df = globals()['df']",
        "df = duckdb.sql('select * from df').df()",
        "df = pd.read_sql('select * from df', engine)",
        "df = eval('df.dropna()')",
        "df.to_csv('x.csv')\ndf = pd.read_csv('x.csv')",
        "b = io.StringIO()\ndf.to_csv(b)\ndf = pd.read_csv(b)",
        "items = sorted(items)",
        "items, rate = [x for x in items if x], rate * 2",
        "(items := sorted(items))",
        "items = [*items, 4, 5]",
        "array = np.random.permutation(array)",
        "array = np.arange(len(df))",
        "rate = float(rate)",
        "import statistics as rate",
        "def df(): pass",
        "df = some.unknown('x')",
        "df: pd.DataFrame",
    ],
)
def test_not_overwritten(code: str) -> None:
    assert found(code) == []


def test_what_the_request_gives_is_not_made_up() -> None:
    assert found("rate = 0.3", "Use a rate of 0.3") == []
    assert found("rate = 0.3", "Use a rate of 30%") == []
    assert found("items = [4, 5, 6]", "Sum 4, 5 and 6") == []
    assert found("items = range(5)", "The squares of five numbers from 0") == []
    assert found(f"df = {MADE}", "Replace df by other numbers") == []
    assert found(f"df = {MADE}", "Generate test data and sort them") == []
    assert found("items = [4, 5, 7]", "Sum 4, 5 and 6") == ["input_overwritten"]
    assert found("rate = 0.3", "Use a rate of 0.35") == ["input_overwritten"]


def test_an_equal_value_does_no_harm() -> None:
    assert found("items = [1, 2, 3]", changed_inputs=[]) == []
    assert found("items = [1, 2, 3]", changed_inputs=["items"]) == ["input_overwritten"]
    assert found("items = [1]", changed_inputs=[], outcome="timeout") == [
        "outcome",
        "input_overwritten",
    ]


@pytest.mark.parametrize(
    ("code", "ignored"),
    [
        ("frame = pd.DataFrame({'order_total': [1, 2]})", True),
        ("frame = pd.read_csv('df.csv')", True),
        ("def main():\n    df = pd.read_csv('df.csv')\n    print(df)\nmain()", True),
        ("frame = pd.read_csv('x.csv')\nprint(frame['order_total'])", True),
        ("frame = pd.read_csv('x.csv')\nprint(df['order_total'])", False),
        ("frame = pd.DataFrame({'planet': ['Earth']})", False),
        ("x = np.linspace(0, 1)", False),
        ("print(globals()['df'])\nx = pd.DataFrame({'order_total': [1, 2]})", False),
        ("print('order_total')", False),
    ],
)
def test_ignored(code: str, ignored: bool) -> None:
    assert found(code) == (["input_ignored"] if ignored else [])
