"""Which names a program reads, binds and mentions."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.program_names import CodeWords, Function, dotted, local_names, reads, stored_names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = a + b", {"a", "b"}),
        ("def f(a):\n    return a + b", {"b"}),
        ("[a for a in b]", {"b"}),
        ("lambda a, c=d: a + b", {"b", "d"}),
        ("a += 1", {"a"}),
        ("sql('select * from a')", {"sql", "select", "from", "a"}),
        ("globals()['a']", {"globals", "a"}),
        ("'a' in dir()", {"dir", "a"}),
        ("def f():\n    global a\n    a = b", {"b"}),
    ],
)
def test_reads(code: str, names: set[str]) -> None:
    assert reads(ast.parse(code)) == names


@pytest.mark.parametrize(
    ("code", "parts"),
    [("a.b.c", ["a", "b", "c"]), ("a.b(1)[2].c", ["a", "b", "c"]), ("(1).real", ["real"])],
)
def test_dotted(code: str, parts: list[str]) -> None:
    assert dotted(ast.parse(code, mode="eval").body) == parts


def test_stored_names() -> None:
    assert stored_names(ast.parse("a, *b = c; d.e = f; [g for g in h]")) == {"a", "b", "g"}


def test_local_names_leave_out_globals() -> None:
    [function] = ast.parse("def f(a, *b, c=1, **d):\n    global x\n    x = y = 1").body
    assert isinstance(function, Function)
    assert local_names(function) == {"a", "b", "c", "d", "y"}


def test_words_are_found_in_names_and_texts_in_any_case() -> None:
    words = CodeWords(ast.parse("df.Total_Bill; f(key='by day'); read_csv('data/tips.csv') # size"))
    assert words.mention("total bill")
    assert words.mention("day")
    assert not words.mention("size")
    assert words.names_file("tips")
    assert not words.names_file("data")
