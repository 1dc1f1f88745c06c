"""What a program certainly evaluates, and which names in it are claimed to be undefined."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.certain_reads import certain_nodes, certain_parts, undefined_names


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


def claimed(code: str) -> list[str]:
    return [name for name, _ in undefined_names(code, ["df"])]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = df.a + missing", ["missing"]),
        ("print(total)\ntotal = 1", ["total"]),
        ("x = f(missing, missing)", ["f", "missing"]),
        ("for item in missing:\n    pass", ["missing"]),
        ("x = [row for row in missing]", ["missing"]),
        ("if missing > 1:\n    x = 1", ["missing"]),
        ("x = f'{missing}'", ["missing"]),
        ("x = df[missing == 1]", ["missing"]),
        ("df['b'] = missing", ["missing"]),
    ],
)
def test_names_that_nothing_defines(code: str, names: list[str]) -> None:
    assert claimed(code) == names


def test_it_gives_the_first_line() -> None:
    assert list(undefined_names("x = 1\ny = missing\nz = missing", [])) == [("missing", 2)]


@pytest.mark.parametrize(
    "code",
    [
        "x = len(df)",
        "import numpy as np\nx = np.mean(df.a)",
        "def f(a):\n    return a + missing",
        "f = lambda: missing",
        "x = df.apply(lambda row: row + missing)",
        "if df.empty:\n    x = missing",
        "x = missing if df.empty else 1",
        "x = df.empty and missing",
        "x = [missing for _ in df.a]",
        "try:\n    missing\nexcept Exception:\n    missing = 1",
        "try:\n    x = missing\nexcept NameError:\n    x = 1",
        "globals()['missing'] = 1\nx = missing",
        "exec('missing = 1')\nx = missing",
        "from math import *\nx = missing",
        "missing = 1\ndel missing\nx = missing",
        "def f():\n    global made\n    made = 1\nf()\nx = made",
        "display(df)",
        "get_ipython().run_line_magic('x', '')\nmissing",
        "x = _ + __name__ + _1",
        "raise SystemExit\nmissing",
        "raise ValueError\nmissing",
        "import sys\nsys.exit()\nmissing",
        "x: missing = 1",
        "for i in df.a:\n    last = i\nprint(last)",
        "x = [y := 1, y]",
        "match df:\n    case [a, *b]:\n        print(a, b)",
        "class A:\n    b = 1\n    c = b",
        "x = (",
    ],
)
def test_nothing_is_claimed_where_it_may_be_defined_or_not_run(code: str) -> None:
    assert claimed(code) == []
