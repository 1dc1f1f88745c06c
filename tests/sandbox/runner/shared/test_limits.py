"""Limits that hold before anything is parsed."""

from __future__ import annotations

import pytest

from sandbox.runner.shared.limits import (
    ALIGNMENT,
    Budget,
    PayloadLimits,
    count_elements,
    json_depth,
    padding,
)


def test_elements_are_counted_without_parsing() -> None:
    assert count_elements(b'[1,"a,b[",[2,"\\",["]]') == 5
    assert count_elements(b'"' * 1_000_001) < 10
    assert count_elements(b'\\"' * 1_000_000) < 10


@pytest.mark.parametrize(
    ("text", "depth"), [(b"5", 0), (b'{"a": [1, "[[["]}', 2), (b"[" * 9 + b"]" * 9, 9)]
)
def test_depth_is_counted_without_parsing(text: bytes, depth: int) -> None:
    assert json_depth(text) == depth


def test_a_budget_is_not_overspent() -> None:
    budget = Budget(PayloadLimits(max_decoded_bytes=300), ValueError)
    budget.spend_text(b"abc", items=2)
    budget.spend_text("ü".encode())
    with pytest.raises(ValueError, match="more than 300 bytes"):
        budget.spend(98)


def test_padding_aligns() -> None:
    for size in (0, 1, ALIGNMENT - 1, ALIGNMENT, 1000):
        assert (size + padding(size)) % ALIGNMENT == 0
        assert padding(size) < ALIGNMENT
