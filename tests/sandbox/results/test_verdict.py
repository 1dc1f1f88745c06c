"""The verdict of the checks, and its absence."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from sandbox import SandboxPolicy
from sandbox.containers.raw_run import RawRun
from sandbox.records import Payload
from sandbox.results.received import Received
from sandbox.results.verdict import NOT_RUN, find_check_error

PASSED: dict[str, Any] = {"type": "checked", "error": None, "digests": {}}


def found(*verdict: dict[str, Any]) -> str | None:
    parts = Received(SandboxPolicy(), None)
    parts.payloads["x"] = Payload("tree/1", "int", b"payload")
    error = find_check_error(RawRun(verdict=[(header, b"") for header in verdict]), parts)
    return None if error is None else error.name


def test_only_the_word_of_the_checks_counts() -> None:
    assert found({"type": "begun"}, PASSED) is None
    failed = {**PASSED, "error": {"name": "AssertionError", "message": "no", "line": 1}}
    assert found({"type": "begun"}, failed) == "AssertionError"


@pytest.mark.parametrize(
    "verdict",
    [(), ({"type": "begun"},), (PASSED, PASSED), ({**PASSED, "error": "none"},)],
    ids=["none", "begun", "twice", "no error"],
)
def test_anything_else_is_no_success(verdict: tuple[dict[str, Any], ...]) -> None:
    assert found(*verdict) == NOT_RUN


def test_the_value_that_was_checked_is_the_one_that_came() -> None:
    digest = hashlib.sha256(b"payload").hexdigest()
    assert found({**PASSED, "digests": {"x": digest, "other": "?"}}) is None
    assert found({**PASSED, "digests": {"x": hashlib.sha256(b"else").hexdigest()}}) == NOT_RUN
