"""pandas' frames, series, indexes and scalars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandbox.results.decode import decode_payload
from sandbox.runner.encode import encode_value
from tests.sandbox.identity import identical
from tests.sandbox.results import hostile_payloads
from tests.sandbox.runner.shared.decoding.trips import assert_comes_back, assert_refused, round_trip
from tests.sandbox.value_kinds import PANDAS

LABELLED = [kind for kind in PANDAS if not kind[0].startswith("pandas array ")]

HOSTILE = hostile_payloads.PANDAS_FRAMES


@pytest.mark.parametrize("make", [make for _, make in LABELLED], ids=[name for name, _ in LABELLED])
def test_comes_back_identical(make: Callable[[], Any]) -> None:
    assert_comes_back(make())


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_payload_is_refused(payload: bytes) -> None:
    assert_refused(payload)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(np.zeros((4, 3))),
        pd.DataFrame({"a": np.zeros(4), "b": np.ones(4)}),
        pd.DataFrame({"a": np.zeros(4), "b": np.arange(4), "c": pd.array([1.0] * 4, "Float64")}),
    ],
    ids=["one block", "columns", "mixed"],
)
def test_a_frame_is_writable_and_has_its_own_memory(frame: pd.DataFrame) -> None:
    payload = bytearray(b"".join(encode_value(frame)))
    decoded = decode_payload(payload)
    for position in range(frame.shape[1]):
        decoded.iloc[1, position] = 7
    decoded.loc[:, "new"] = 1
    assert decoded.iloc[1].tolist() == [7] * frame.shape[1] + [1]
    assert identical(decode_payload(payload), frame)


def test_a_series_is_writable_and_has_its_own_memory() -> None:
    series = round_trip(pd.Series([1.0, 2.0]))
    series[0] = 9.5
    assert series.tolist() == [9.5, 2.0]
