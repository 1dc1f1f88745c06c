"""polars' frames, SciPy's matrices, Pillow's images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.results import hostile_payloads
from tests.sandbox.runner.shared.decoding.trips import assert_comes_back, assert_refused
from tests.sandbox.value_kinds import OTHER

HOSTILE = hostile_payloads.OTHER


@pytest.mark.parametrize("make", [make for _, make in OTHER], ids=[name for name, _ in OTHER])
def test_comes_back_identical(make: Callable[[], Any]) -> None:
    assert_comes_back(make())


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_payload_is_refused(payload: bytes) -> None:
    assert_refused(payload)
