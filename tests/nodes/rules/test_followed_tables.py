"""Which tables a program's names hold, and when that is no longer known."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.followed_tables import FollowedTables, Groups, Table


def followed(code: str) -> FollowedTables:
    tables = FollowedTables({"df": Table("df", {"a", "b"})})
    for statement in ast.parse(code).body:
        for part in ast.iter_child_nodes(statement):
            if isinstance(part, ast.expr):
                tables.lose_escaped(part, statement)
        tables.bind(statement)
    return tables


def value(code: str, after: str = "") -> Table | Groups | None:
    return followed(after).value(ast.parse(code, mode="eval").body)


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("df", {"a", "b"}),
        ("df.copy().head(3)", {"a", "b"}),
        ("df[df.a > 1]", {"a", "b"}),
        ("df.loc[df.a > 1]", {"a", "b"}),
        ("df[['a']]", {"a"}),
        ("df.assign(c=1)", {"a", "b", "c"}),
    ],
)
def test_tables_whose_columns_are_known(code: str, columns: set[str]) -> None:
    found = value(code)
    assert isinstance(found, Table)
    assert (found.source, found.columns) == ("df", columns)


@pytest.mark.parametrize(
    "code",
    ["df.rename(columns={})", "df[name]", "df.a", "df.dropna(axis=1)", "df.copy(**k)"],
)
def test_what_is_not_known_is_nothing(code: str) -> None:
    assert value(code) is None


def test_groups_know_their_table() -> None:
    assert isinstance(value("df.groupby('a')"), Groups)
    assert value("df.groupby(level='a')") is None


def test_names_take_over_add_and_lose() -> None:
    assert isinstance(value("d", after="d = df[df.a > 1]\nd['c'] = 1"), Table)
    assert "c" in followed("df['c'] = 1").tables["df"].columns
    assert value("df", after="df = load()") is None
    assert value("df", after="change(df)") is None
    assert value("df", after="d = df\nd.columns = ['x']") is None
    assert isinstance(value("df", after="print(df)"), Table)
