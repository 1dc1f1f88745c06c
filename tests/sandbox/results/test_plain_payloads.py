"""Which payloads are decoded without a child, and which never are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.results.plain_payloads import MAX_KEYS, is_plain
from sandbox.runner.encode import encode_value
from tests.sandbox.results.costly_payloads import BOUNDED, REFUSED
from tests.sandbox.results.hostile_payloads import MALFORMED, array_node, payload

USUAL: dict[str, Any] = {
    "number": 1.5,
    "text": "x" * 200_000,
    "records": [{"n": at, "s": "a"} for at in range(100)],
    "grid": np.zeros((1_000, 1_000)),
    "frame": pd.DataFrame({"a": [1.5] * 50_000, "b": ["x"] * 50_000}),
    "pivot": pd.DataFrame({"d": ["a", "b"], "t": ["x", "y"], "v": [1, 2]}).pivot_table(
        index="d", columns="t", values="v"
    ),
    "groups": pd.DataFrame({"d": ["a"], "t": ["x"], "v": [1]}).groupby(["d", "t"])["v"].mean(),
    "counts": pd.Series(pd.Categorical(["a", "b"])).value_counts(),
    "described": pd.DataFrame({"a": [1, 2]}).describe(),
    "dates": pd.Series(pd.to_datetime(["2024-01-01", "2025-01-01"])),
}


@pytest.mark.parametrize("name", USUAL)
def test_usual_results_are_plain(name: str) -> None:
    assert is_plain(memoryview(b"".join(encode_value(USUAL[name]))))


COSTLY = {**REFUSED, **BOUNDED}
CHEAP = {"a decimal with a huge exponent", "sides beside an empty one"}
"""To decode, or to refuse."""


@pytest.mark.parametrize("name", sorted(COSTLY.keys() - CHEAP))
def test_costly_payloads_are_not_plain(name: str) -> None:
    assert not is_plain(memoryview(COSTLY[name]()))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_payloads_raise_nothing(name: str) -> None:
    is_plain(memoryview(MALFORMED[name]))


@pytest.mark.parametrize(
    "node",
    [
        ["set", ["q", 0]],
        ["dict", ["q", 0], ["q", 0]],
        ["np.array", ["struct", 0, False, []], [10**9], "C", None],
        ["list", ["q", 0, 1]],
        ["pd.index", array_node("<i8", [2_000]), None, "D"],
        ["pa.table", 0],
        ["unknown", 0],
        ["list"],
        [],
    ],
)
def test_what_is_not_proved_is_not_plain(node: Any) -> None:
    assert not is_plain(memoryview(payload(node, bytes(8 * (MAX_KEYS + 1)))))
