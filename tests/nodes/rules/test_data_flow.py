"""What is lost after statements, branches, handlers and functions."""

from __future__ import annotations

import ast

import pytest

from nodes.rules.data_flow import DataFlow


def lost(code: str) -> dict[str, int]:
    """Return the lost variables with their lines; ``df`` is a collection, ``n`` a single value."""
    flow = DataFlow({"df": False, "n": True}, "Add it up", derived={"df", "n"})
    flow.visit(ast.parse(code).body)
    return {name: loss.line for name, loss in flow.lost.items()}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1\ndf = [1, 2]", {"df": 2}),
        ("n = 5", {"n": 1}),
        ("df = 5", {}),
        ("x = df\ndf = [1, 2]", {}),
        ("print(df)\ndf = [1, 2]", {"df": 2}),
        ("if x:\n    df = [1]", {}),
        ("if x:\n    df = [1]\nelse:\n    df = [2]", {"df": 2}),
        ("if df is None:\n    df = [1]\nelse:\n    df = [2]", {}),
        ("try:\n    df = read_csv('x')\nexcept OSError:\n    df = [1]", {"df": 4}),
        ("try:\n    df = read_csv('x')\nexcept OSError:\n    pass", {}),
        ("match x:\n    case 1:\n        df = [1]", {}),
        ("for df in [1, 2]:\n    pass", {}),
        ("def f():\n    global df\n    df = [1]\nf()", {"df": 3}),
        ("def f():\n    global df\n    df = [1]", {}),
    ],
)
def test_lost(code: str, expected: dict[str, int]) -> None:
    assert lost(code) == expected
