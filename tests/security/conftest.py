"""Sandboxes that attacks share, and profiles of the generated tests.

The profiles: short and always the same, or long and always different.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.security.attacking import Attacked

SLOW_MACHINE = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=SLOW_MACHINE,
)
settings.register_profile(
    "long",
    max_examples=20_000,
    deadline=None,
    database=None,
    suppress_health_check=SLOW_MACHINE,
)
settings.load_profile(os.environ.get("CODEGEN_TEST_PROFILE", "ci"))


@pytest.fixture(scope="session")
def attacked() -> Iterator[Attacked]:
    """Sandboxes that attacks share."""
    with contextlib.closing(Attacked()) as attacked:
        yield attacked
