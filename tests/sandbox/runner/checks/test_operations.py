"""What may be done with an object of the code."""

from __future__ import annotations

from sandbox.runner.checks.operations import BINARY, COMPARISONS, OPERATIONS, READING


def test_each_operation_does_what_its_name_says() -> None:
    assert OPERATIONS["add"](1, 2) == 3
    assert OPERATIONS["call"](max, 1, 2) == 2
    assert OPERATIONS["getattr"](1j, "imag") == 1.0
    assert OPERATIONS["import"]("math").pi > 3
    assert {*BINARY, *COMPARISONS, *READING} <= set(OPERATIONS)


def test_a_coroutine_is_run_to_its_end() -> None:
    async def five() -> int:
        return 5

    assert OPERATIONS["finish"](five()) == 5
