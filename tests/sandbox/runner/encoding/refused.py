"""What the tests of every encoder check: a value is refused with a reason that fits."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.runner.encode import encode_value
from sandbox.runner.encoding.writer import NotEncodableError


def reason_for(value: Any) -> str:
    """Return why a value is not encoded."""
    with pytest.raises(NotEncodableError) as caught:
        encode_value(value)
    assert len(caught.value.reason) < 600
    return caught.value.reason
