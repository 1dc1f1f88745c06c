"""The limits of a payload, and values that contain themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.errors import PayloadError
from sandbox.results.decode import decode_payload
from sandbox.runner.encode import encode_value
from sandbox.runner.encoding.writer import NotEncodableError
from sandbox.runner.shared.limits import PayloadLimits
from tests.sandbox.runner.encoding.refused import reason_for


def cyclic_list() -> list[Any]:
    value: list[Any] = []
    value.append({"self": value})
    return value


def cyclic_array() -> Any:
    array = np.empty(1, dtype=object)
    array[0] = array
    return array


def very_deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("cycle", cyclic_list, r"^\[0\]\['self'\]: it contains itself"),
    ("cycle of an array", cyclic_array, "it contains itself"),
    ("too deep", lambda: very_deep(101), "nested more than 100 deep"),
    ("far too deep", lambda: very_deep(50_000), "nested"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ({"max_bytes": 1_000}, np.zeros(1_000)),
        ({"max_bytes": 1_000}, "x" * 2_000),
        ({"max_bytes": 1_000}, [[at, None] for at in range(500)]),
        ({"max_decoded_bytes": 10_000}, [0.5] * 1_000),
        ({"max_decoded_bytes": 10_000}, ["a"] * 1_000),
        ({"max_decoded_bytes": 100_000}, [pd.Series([1])] * 10),
        ({"max_elements": 100}, [[None]] * 100),
        ({"max_depth": 3}, [[[[]]]]),
        ({"max_attachments": 3}, [np.arange(2)] * 4),
    ],
)
def test_limits_are_the_same_at_both_ends(limits: dict[str, int], value: Any) -> None:
    with pytest.raises(NotEncodableError):
        encode_value(value, PayloadLimits(**limits))
    payload = b"".join(encode_value(value))
    if "max_depth" not in limits:  # the host's limit is looser, see Reader
        with pytest.raises(PayloadError):
            decode_payload(payload, PayloadLimits(**limits))
    decode_payload(payload)


def test_billion_laughs_are_refused() -> None:
    value: list[Any] = ["ha"]
    for _ in range(60):
        value = [value, value]
    with pytest.raises(NotEncodableError, match="more than 10000 elements"):
        encode_value(value, PayloadLimits(max_elements=10_000))
