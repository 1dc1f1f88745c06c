"""One program out of several blocks."""

from __future__ import annotations

import pytest

from graph_agent.prompts.answer_blocks import Block
from graph_agent.prompts.code_cleaning import cleaned
from graph_agent.prompts.code_joining import joined_blocks


def joined(*codes: str, returns: tuple[str, ...] = (), given: tuple[str, ...] = ()) -> str | None:
    blocks = [(Block(code, "python"), cleaned(code)) for code in codes]
    found = joined_blocks(blocks, returns, given)
    return None if found is None else found.code


@pytest.mark.parametrize(
    ("codes", "program"),
    [
        (["x = 1", "y = x"], "x = 1\n\ny = x"),
        (["x = 1", "y = 2"], "x = 1\n\ny = 2"),
        (["x = 1", "x = 2"], "x = 2"),
        (["x = 1", "x = x + 1"], "x = 1\n\nx = x + 1"),
        (["t = 1\nx = t", "x = 2"], "x = 2"),
        (["x = 1", "x = 1"], "x = 1"),
        (["x = 1\nprint(x)", "print(x)"], "x = 1\nprint(x)"),
        (["import a", "x = a.b"], "import a\n\nx = a.b"),
        (["def f():\n    return 1", "f()"], "def f():\n    return 1\n\nf()"),
        (["fig, ax = f()\nax.a()", "fig, ax = f()\nax.b()"],
         "fig, ax = f()\nax.a()\n\nfig, ax = f()\nax.b()"),
        (["df['a'] = 1", "x = df.a"], "df['a'] = 1\n\nx = df.a"),
        (["for i in a:", "    f(i)"], "for i in a:\n    f(i)"),
        (["x = (", "y = 1"], "y = 1"),
        (["42"], None),
        ([], None),
    ],
)  # fmt: skip
def test_blocks(codes: list[str], program: str | None) -> None:
    assert joined(*codes) == program


def test_the_version_that_defines_what_was_asked_for() -> None:
    assert joined("x = 1\ny = 2", "y = 3", returns=("x",)) == "x = 1\ny = 2\n\ny = 3"


def test_given_variables_need_no_block() -> None:
    assert joined("df = f()", "x = df.a", given=("df",)) == "x = df.a"
    assert joined("df = df.b", "x = df.a", given=("df",)) == "df = df.b\n\nx = df.a"
