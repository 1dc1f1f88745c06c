"""Programs that draw in any case, and programs that may not."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.drawing import draws_sometimes

SOMETIMES = [
    "if plot:\n    sns.heatmap(table)",
    "def f(n):\n    for _ in range(n):\n        df.plot.scatter('a', 'b')\n    plt.show()\nf(0)",
    "fig, ax = plt.subplots()\nwhile rows:\n    ax.bar(*rows.pop())",
    "df.hist() if wanted else None",
]
ALWAYS = [
    "df.plot()",
    "def f():\n    plt.plot([1])\nf()",
    "if plot:\n    sns.heatmap(table)\nplt.bar(x, y)",
]
NEVER = ["plt.show()", "if x:\n    print(x)", "fig, ax = plt.subplots()", "(lambda: 1)()", ""]


@pytest.mark.parametrize("code", SOMETIMES)
def test_it_may_not_draw(code: str) -> None:
    assert draws_sometimes(ast.parse(code))


@pytest.mark.parametrize("code", [*ALWAYS, *NEVER])
def test_nothing_depends_on_a_condition(code: str) -> None:
    assert not draws_sometimes(ast.parse(code))
