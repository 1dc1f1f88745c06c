"""The limits that a child puts on itself."""

from __future__ import annotations

import resource
import signal
import sys

import pytest

from sandbox.confined.limits import Limits, address_space_bytes, applied, resident_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_limits_are_lifted_afterwards() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_FSIZE)
    with applied(Limits(100.0, 1 << 30, 5)):
        assert resource.getrlimit(resource.RLIMIT_AS)[0] < address_space_bytes() + (2 << 30)
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 5
        assert 0 < signal.getitimer(signal.ITIMER_PROF)[0] <= 101
        with pytest.raises(MemoryError):
            bytearray(2 << 30)
    assert before == (
        resource.getrlimit(resource.RLIMIT_AS),
        resource.getrlimit(resource.RLIMIT_FSIZE),
    )
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_memory_is_measured() -> None:
    before = resident_bytes()
    data = bytearray(b"x" * (64 << 20))
    assert resident_bytes() - before > 48 << 20
    assert address_space_bytes() > resident_bytes() > len(data)


def test_the_clock_gives_a_busy_machine_time() -> None:
    assert Limits(1.0, 1).wall_s > 10
