"""What the tests of every decoder check: values come back, hostile payloads are refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import PayloadError
from sandbox.results.decode import decode_payload
from sandbox.runner.encode import encode_value
from tests.sandbox.identity import as_returned, difference


def round_trip(value: Any) -> Any:
    return decode_payload(b"".join(encode_value(value)))


def assert_comes_back(value: Any) -> None:
    """Check that a value comes back identical, alone and inside containers."""
    expected = as_returned(value)
    assert difference(expected, round_trip(value)) is None
    inside, then = ({"key": [part, (part,)]} for part in (value, expected))
    assert difference(then, round_trip(inside)) is None


def assert_refused(payload: bytes) -> None:
    with pytest.raises(PayloadError) as caught:
        decode_payload(payload)
    assert len(str(caught.value)) < 600
