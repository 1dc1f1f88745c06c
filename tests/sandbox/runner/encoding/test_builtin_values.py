"""Built-in containers name the place of what can't be encoded; big values become attachments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("model in a list", lambda: {"model": [LinearRegression()]},
     r"^\['model'\]\[0\]: a sklearn.LinearRegression has no safe encoding"),
    ("key", lambda: {len: 1}, r"^<key <built-in function len>>: "),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_long_texts_and_bytes_become_attachments() -> None:
    for short, long in (("x" * 100, "x" * 10_000), (b"x" * 100, b"x" * 10_000)):
        assert len(encode_value(short)) == 2
        assert len(encode_value(long)[-1]) == 10_000
