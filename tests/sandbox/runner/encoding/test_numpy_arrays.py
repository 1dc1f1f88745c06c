"""NumPy arrays go without a copy, and without Python objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("function in an array", lambda: np.array([[1, 2], [3, len]], dtype=object), r"^\[1, 1\]: "),
    ("structured objects", lambda: np.zeros(1, dtype=[("a", "O")]), "no safe encoding"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_a_big_array_is_encoded_without_a_copy() -> None:
    array = np.arange(100_000)
    parts = encode_value({"a": array})
    views = [part for part in parts if isinstance(part, memoryview)]
    assert any(np.shares_memory(np.frombuffer(view, "u1"), array) for view in views)
