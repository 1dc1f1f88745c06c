"""Short texts of values and exceptions, even of those that refuse to give any."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from sandbox.runner.encoding.reprs import MAX_SHORT_CHARS, bounded_repr, in_short, message_of


class Broken:
    def __repr__(self) -> str:
        raise SystemExit


class NotText:
    def __repr__(self) -> str:
        return 5  # type: ignore[return-value]


class BrokenError(Exception):
    def __str__(self) -> str:
        raise SystemExit


def cyclic_list() -> list[Any]:
    value: list[Any] = []
    value.append({"self": value})
    return value


def very_deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a", (2,), {}, set()], "[1, 'a', (2,), {}, set()]"),
        ({"b": 1, "a": frozenset({2})}, "{'b': 1, 'a': frozenset({2})}"),
        (cyclic_list(), "[{'self': ...}]"),
        (Broken(), "<tests.Broken whose repr raises SystemExit>"),
        (NotText(), "<tests.NotText whose repr raises TypeError>"),
        (1 << 100_000, "<int of 100001 bits>"),
        (collections.deque(range(200_000)), "<collections.deque of 200000 items>"),
    ],
    ids=["list", "dict", "cycle", "broken", "no text", "int", "deque"],
)
def test_bounded_repr(value: object, text: str) -> None:
    assert bounded_repr(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**7, [0] * 10**6, [["x" * 50] * 50] * 50, very_deep(9_999),
        dict.fromkeys(range(9**5)),
    ],
    ids=["str", "list", "nested", "deep", "dict"],
)  # fmt: skip
def test_bounded_repr_is_bounded(value: object) -> None:
    assert 0 < len(bounded_repr(value)) <= 200
    assert len(bounded_repr(value, 50)) <= 50


def test_an_exception_in_short() -> None:
    assert in_short(ValueError("two\n lines")) == "ValueError: two lines"
    assert in_short(KeyError()) == "KeyError"
    assert len(in_short(ValueError("x" * 10_000))) == MAX_SHORT_CHARS
    assert message_of(BrokenError()) == "<BrokenError without a readable message>"
