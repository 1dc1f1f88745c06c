"""What the checks' process makes of the answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox.runner.checks.borrower import Borrower, CodeEndedError
from sandbox.runner.checks.line import Line
from tests.sandbox.runner.checks.checked import assert_passes


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "raised", "class": 0, "names": ["AssertionError"], "message": "no"},
        {"type": "value"},
        {"type": "value", "coded": False, "number": "x"},
        {"type": "nothing"},
        None,
    ],
)
def test_an_answer_that_is_no_value_never_becomes_one(answer: dict[str, object] | None) -> None:
    left, right = socket.socketpair()
    borrower, other = Borrower(Line(left), 1 << 20), Line(right)
    if answer is not None:
        other.send(answer)
    other.close()
    with pytest.raises((CodeEndedError, AssertionError)):
        borrower.apply("call", print)
    left.close()


def test_functions_of_the_checks_go_to_the_code(tmp_path: Path) -> None:
    code = "def apply(f, items): return [f(item) for item in items]"
    assert_passes(tmp_path, code, "two = 2\nassert apply(lambda x: x * two, [1, 2]) == [2, 4]")


def test_a_coroutine_can_be_awaited(tmp_path: Path) -> None:
    checks = "import asyncio\nassert asyncio.run(f()) == 5"
    assert_passes(tmp_path, "async def f(): return 5", checks)
