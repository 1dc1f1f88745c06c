"""Whether code may reach a column without its name."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.whole_tables import uses_whole_table


@pytest.mark.parametrize(
    "code",
    [
        "df.columns",
        "df.mean()",
        "df.corr(numeric_only=True)",
        "df.groupby('a').sum()",
        "f(df)",
        "df[f'{x}_y']",
        "for column in df: pass",
        "df.iloc[:, 2]",
        "getattr(df, name)",
        "df.filter(regex='b')",
    ],
)
def test_it_may(code: str) -> None:
    assert uses_whole_table(ast.parse(code), ["df"])


@pytest.mark.parametrize(
    "code",
    [
        "df['a'].mean()",
        "df.a.sum()",
        "df.groupby('a')['b'].sum()",
        "x = df[['a', 'b']]\nx.mean()",
        "df.head()",
        "print(df)",
        "len(df)",
        "df.groupby('a').agg({'b': 'sum'})",
        "plot(df, x='a', y='b')",
    ],
)
def test_it_does_not(code: str) -> None:
    assert not uses_whole_table(ast.parse(code), ["df"])
