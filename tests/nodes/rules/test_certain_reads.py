"""What a program certainly evaluates."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.certain_reads import certain_nodes, certain_parts


def names(code: str) -> list[str]:
    return [node.id for node in certain_nodes(ast.parse(code)) if isinstance(node, ast.Name)]


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("x = a + b", ["a", "b", "x"]),
        ("f(a, k=b)", ["f", "a", "b"]),
        ("a and b", ["a"]),
        ("b if a else c", ["a"]),
        ("a < b < c", ["a", "b"]),
        ("[b for b in a if c]", ["a"]),
        ("lambda: a", []),
        ("if a:\n    b", ["a"]),
        ("while a:\n    b", ["a"]),
        ("for x in a:\n    b", ["a"]),
        ("def f():\n    a", []),
        ("with a:\n    b", []),
        ("assert a, b", ["a"]),
        ("x += a", ["a", "x"]),
        ("x: a = b", ["b", "x"]),
        ("a\nraise b\nc", ["a"]),
    ],
)
def test_only_what_runs_whatever_the_data_is(code: str, read: list[str]) -> None:
    assert names(code) == read


def test_a_statement_without_expressions_has_none() -> None:
    assert certain_parts(ast.parse("pass").body[0]) == []
