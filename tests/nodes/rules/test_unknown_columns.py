"""Which columns are claimed not to exist, and which programs nothing is claimed about."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.unknown_columns import unknown_columns

TABLES = {"df": ["day", "total_bill", "Tip"], "other": ["day", "weight"]}


def claimed(code: str) -> list[str]:
    return [found.name for found in unknown_columns(ast.parse(code), TABLES)]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = df['tip'].mean()", ["tip"]),
        ("x = df[['day', 'a', 'b']]", ["a", "b"]),
        ("x = df[df['a'] > 1]['Tip']", ["a"]),
        ("x = df[(df['Tip'] > 1) & (df.day == 'Sun')]['a']", ["a"]),
        ("x = df[~df['day'].isna()]['a']", ["a"]),
        ("x = df.loc[df['Tip'] > 1, 'a']", ["a"]),
        ("x = df.loc[df['Tip'] > 1]['a']", ["a"]),
        ("x = df.groupby('Day')['Tip'].sum()", ["Day"]),
        ("x = df.groupby(['day', 'a'])[['Tip', 'b']].sum()", ["a", "b"]),
        ("x = df.sort_values(by='a').head(3)", ["a"]),
        ("x = df.sort_values('Tip').head(3)['a']", ["a"]),
        ("d = df.copy()\nd['n'] = d['Tip'] * 2\nprint(d['n'], d['a'])", ["a"]),
        ("d = df\nd['n'] = 1\nx = df['n'] + df['a']", ["a"]),
        ("d = df.assign(n=1)\nx = d['n'] + d['a']", ["a"]),
        ("d = df[['day']]\nx = d['Tip']", ["Tip"]),
        ("d = df.dropna()\nd['n'] += 1\nx = d['n'], d['a']", ["a"]),
        ("x = pd.merge(df, other, on='day')\ny = other['Tip']", ["Tip"]),
        ("for day in df['a']:\n    pass", ["a"]),
        ("df['a']", ["a"]),
    ],
)
def test_columns_that_no_table_has(code: str, names: list[str]) -> None:
    assert sorted(claimed(code)) == names


@pytest.mark.parametrize(
    "code",
    [
        "x = df['Tip'] + df['total_bill']",
        "df['a'] = 1\nx = df['a']",
        "df[['a', 'b']] = 1\nx = df['b']",
        "df.loc[df.Tip > 1, 'a'] = 1\nx = df['a']",
        "df[name] = 1\nx = df['a']",
        "df.insert(0, 'a', 1)\nx = df['a']",
        "df.rename(columns={'Tip': 'a'}, inplace=True)\nx = df['a']",
        "df = df.rename(columns={'Tip': 'a'})\nx = df['a']",
        "df.columns = ['a', 'b', 'c']\nx = df['a']",
        "df.index.name = 'a'\nx = df.groupby('a').sum()",
        "d = df.set_index('day')\nx = d.groupby('day').sum(), d['a']",
        "d = df.reset_index()\nx = d['index']",
        "d = df.merge(other, on='day')\nx = d['weight']",
        "d = df.pivot_table(index='day')\nx = d['a']",
        "for c in names:\n    df[c] = 1\nx = df['a']",
        "if more:\n    df['a'] = 1\nx = df['a']",
        "def add():\n    df['a'] = 1\nadd()\nx = df['a']",
        "add(df)\nx = df['a']",
        "tables = [df]\ntables[0]['a'] = 1\nx = df['a']",
        "d = df if more else other\nd['a'] = 1\nx = df['a']",
        "df.pipe(add)\nx = df['a']",
        "df.eval('a = Tip', inplace=True)\nx = df['a']",
        "exec(text)\nx = df['a']",
        "try:\n    x = df['a']\nexcept KeyError:\n    x = df['Tip']",
        "if 'a' in df.columns:\n    x = df['a']",
        "x = df['a'] if 'a' in df else df['Tip']",
        "x = 'a' in df and df['a'].sum()",
        "f = lambda: df['a']",
        "x = [df['a'] for _ in names]",
        "df = pd.DataFrame({'a': [1]})\nx = df['a']",
        "import data as df\nx = df['a']",
        "row = df.iloc[0]\nx = row['a']",
        "x = df.loc['a']",
        "x = df.T['a']",
        "x = unknown['a']",
        "x = df.groupby(lambda i: i % 2)['Tip'].sum()",
        "x = df.groupby(level='a')['Tip'].sum()",
        "del df['Tip']\nx = df['a']",
        "(df := load())\nx = df['a']",
        "df, n = load()\nx = df['a']",
        "with table() as df:\n    pass\nx = df['a']",
    ],
)
def test_nothing_is_claimed_where_something_else_may_have_made_it(code: str) -> None:
    assert claimed(code) == []


def test_it_names_the_table_the_line_and_the_nearest_columns() -> None:
    (found,) = unknown_columns(ast.parse("\nx = df['TotalBills']"), TABLES)
    assert (found.table, found.line, found.nearest) == ("df", 2, ["total_bill"])
