"""The decoder that the host and the checks' process share."""

from __future__ import annotations

import pytest

from sandbox.runner.encode import encode_value
from sandbox.runner.shared.decode import decode_payload
from sandbox.runner.shared.limits import PayloadError, PayloadLimits


def test_it_needs_nothing_of_the_host() -> None:
    payload = b"".join(encode_value({"a": [1, (2.5, "x")]}))
    assert decode_payload(payload) == {"a": [1, (2.5, "x")]}
    with pytest.raises(PayloadError, match="over the limit"):
        decode_payload(payload, PayloadLimits(max_bytes=10))
