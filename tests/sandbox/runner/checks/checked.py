"""Runs code and checks in the container's program, as a process of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sandbox.runner.program import Program


def check(scratch: Path, code: str, checks: str, **job: Any) -> dict[str, Any] | None:
    """Return the error of the checks; None if they passed."""
    verdict = Program(scratch).serve(code, checks, **job).verdict
    assert verdict is not None
    error: dict[str, Any] | None = verdict["error"]
    return error


def assert_passes(scratch: Path, code: str, checks: str) -> None:
    assert check(scratch, code, checks) is None


def assert_fails(scratch: Path, code: str, checks: str, name: str) -> str:
    """Check that the checks end with an exception of this name; return its message."""
    error = check(scratch, code, checks)
    assert error is not None
    assert error["name"] == name, error
    return str(error["message"])
