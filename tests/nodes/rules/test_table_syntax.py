"""What parts of a program do with tables."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.table_syntax import (
    bound_in,
    is_mask,
    key_parts,
    may_change,
    names_in,
    safe_children,
)


def expression(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


@pytest.mark.parametrize(
    ("key", "names"),
    [("'a'", ["a"]), ("['a', 'b']", ["a", "b"]), ("a", None), ("['a', b]", None), ("0", None)],
)
def test_names_that_a_key_spells_out(key: str, names: list[str] | None) -> None:
    assert names_in(expression(key)) == names


def test_parts_of_a_key() -> None:
    assert [len(key_parts(expression(key))) for key in ("a", "a, b")] == [1, 2]


@pytest.mark.parametrize(
    ("key", "selects"),
    [("a > 1", 1), ("~a", 1), ("(a > 1) & b", 1), ("a", 0), ("-a", 0), ("a + b", 0), ("a & b", 0)],
)
def test_what_surely_selects_rows(key: str, selects: bool) -> None:
    assert is_mask(expression(key)) is bool(selects)


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("t[0]", ["t"]),
        ("t.a", ["t"]),
        ("t + u", ["t", "u"]),
        ("t < u", ["t", "u"]),
        ("print(t, end=u)", ["t", "u"]),
        ("pd.merge(t, u)", ["t", "u"]),
        ("f(t)", []),
        ("t.f(u)", []),
        ("[t]", []),
    ],
)
def test_what_only_reads(code: str, read: list[str]) -> None:
    parts = safe_children(expression(code))
    assert [part.id for part in parts if isinstance(part, ast.Name)] == read


@pytest.mark.parametrize(
    ("code", "changes"),
    [("t.insert(0)", 1), ("t.drop(inplace=True)", 1), ("t.f(**k)", 1), ("t.head()", 0), ("f()", 0)],
)
def test_methods_that_may_change_columns(code: str, changes: bool) -> None:
    call = expression(code)
    assert isinstance(call, ast.Call)
    assert may_change(call) is bool(changes)


def test_names_that_a_statement_binds() -> None:
    code = "import a.b as c, d.e\ndef f(): g = 1\ndel h"
    assert [list(bound_in(statement)) for statement in ast.parse(code).body] == [
        ["c", "d"],
        ["f", "g"],
        ["h"],
    ]
