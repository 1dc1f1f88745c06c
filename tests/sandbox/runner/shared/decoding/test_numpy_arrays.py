"""NumPy arrays, scalars and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.sandbox.results import hostile_payloads
from tests.sandbox.runner.shared.decoding.trips import assert_comes_back, assert_refused, round_trip
from tests.sandbox.value_kinds import NUMPY

HOSTILE = hostile_payloads.NUMPY


@pytest.mark.parametrize("make", [make for _, make in NUMPY], ids=[name for name, _ in NUMPY])
def test_comes_back_identical(make: Callable[[], Any]) -> None:
    assert_comes_back(make())


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_payload_is_refused(payload: bytes) -> None:
    assert_refused(payload)


def test_an_array_is_writable_and_has_its_own_memory() -> None:
    array = np.arange(5)
    decoded = round_trip(array)
    decoded[0] = 9
    assert decoded.tolist() == [9, 1, 2, 3, 4]
    assert array.tolist() == [0, 1, 2, 3, 4]
