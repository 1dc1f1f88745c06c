"""Values of the standard library's types."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sandbox.results.decode import decode_payload
from tests.sandbox.results import hostile_payloads
from tests.sandbox.runner.shared.decoding.trips import assert_comes_back, assert_refused, round_trip
from tests.sandbox.value_kinds import STANDARD

HOSTILE = hostile_payloads.STDLIB


@pytest.mark.parametrize("make", [make for _, make in STANDARD], ids=[name for name, _ in STANDARD])
def test_comes_back_identical(make: Callable[[], Any]) -> None:
    assert_comes_back(make())


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_payload_is_refused(payload: bytes) -> None:
    assert_refused(payload)


@pytest.mark.parametrize("kind", ["PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"])
def test_a_path_opens_nothing_here(kind: str) -> None:
    made = decode_payload(hostile_payloads.payload(["path", kind, "/etc/passwd"]))
    assert type(made) is (pathlib.PureWindowsPath if "Windows" in kind else pathlib.PurePosixPath)
    assert not isinstance(made, pathlib.Path)


def test_paths_deep_inside_open_nothing_either() -> None:
    hidden = {"a": [{"b": (pathlib.Path("/etc/passwd"),)}], pathlib.Path("/key"): 1}
    found = round_trip([hidden, np.array([pathlib.Path("/x")], dtype=object)])
    (deep,) = found[0]["a"][0]["b"]
    for path in (deep, list(found[0])[1], found[1][0]):
        assert type(path) is pathlib.PurePosixPath
