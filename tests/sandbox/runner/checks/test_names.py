"""Whose name a name in the checks is."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.runner.checks.names import Mentioned
from tests.sandbox.runner.checks.checked import assert_fails, assert_passes


def test_what_the_checks_mention() -> None:
    found = Mentioned("import a\nassert b.c(d) == d.e")
    assert (found.names, found.imports) == ({"b", "d"}, True)
    assert (found.attributes, found.alone) == ({"b": {"c"}, "d": {"e"}}, {"d"})
    assert Mentioned("no python").names == set()


@pytest.mark.parametrize(
    ("code", "checks"),
    [
        ("def sum(a, b): return a * b", "assert sum(3, 4) == 12"),
        ("abs = len = lambda *a: 0\nanswer = 41", "assert abs(answer - 41) < 1 and len('ab') == 2"),
        ("math = 5", "assert math == 5"),
        ("import math", "assert math.isclose(2.0, 2.0)"),
        ("def calendar(year): return year + 1", "assert calendar(1) == 2"),
        ("x = 1", "assert 'x' in globals() and 'y' not in globals() and eval('x') == 1"),
        ("x = 1", "def inner(): return x\nx = x + 1\nassert inner() == 2"),
    ],
)
def test_a_name_means_what_it_says(tmp_path: Path, code: str, checks: str) -> None:
    assert_passes(tmp_path, code, checks)


@pytest.mark.parametrize(
    "code",
    [
        "abs = lambda *a: 0\nanswer = 40",
        "class math:\n    isclose = fabs = lambda *a: 0\nanswer = 40",
        "import cmath as math\nanswer = 40",
        "from unittest.mock import MagicMock\nmath = MagicMock()\nanswer = 40",
    ],
)
def test_python_and_its_library_are_not_the_codes(tmp_path: Path, code: str) -> None:
    checks = "assert abs(answer - 41) < 1 and math.isclose(answer, 41)"
    assert_fails(tmp_path, code, checks, "AssertionError")


def test_a_name_that_nobody_has(tmp_path: Path) -> None:
    assert_fails(tmp_path, "x = 1", "assert y", "NameError")
