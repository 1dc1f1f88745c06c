"""Values of the standard library that the host cannot rebuild are refused."""

from __future__ import annotations

import array
import collections
import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.runner.encoding.refused import reason_for

REFUSED: list[tuple[str, Callable[[], Any], str]] = [
    ("namedtuple of odd fields", lambda: type("T", (tuple,), {"_fields": ("a", "_x")})((1, 2)),
     r"aren't names; call \._asdict\(\)"),
    ("defaultdict of a lambda", lambda: collections.defaultdict(lambda: 1), r"make it a dict\(\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reason"),
    [(make, reason) for _, make, reason in REFUSED],
    ids=[name for name, _, _ in REFUSED],
)
def test_is_refused(make: Callable[[], Any], reason: str) -> None:
    assert re.search(reason, reason_for(make()))


def test_types_without_an_encoding_are_named() -> None:
    assert "make it a str" in reason_for(array.array("u", "abc"))
    zone = type("Zone", (datetime.tzinfo,), {"__str__": lambda _: "Mars"})()
    assert "'Mars'" in reason_for(datetime.datetime(2024, 1, 1, tzinfo=zone))
