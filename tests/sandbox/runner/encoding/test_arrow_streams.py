"""Arrow data goes as uncompressed streams without extension types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from sandbox.runner.encode import encode_value
from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("arrow extension", lambda: pa.array([b"a" * 16], pa.uuid()), "extension type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_a_table_goes_as_one_stream() -> None:
    table = pa.table({"a": list(range(1_000))})
    stream = encode_value(table)[-1]
    with pa.ipc.open_stream(stream) as reader:
        assert reader.read_all().equals(table)
