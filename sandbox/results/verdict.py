"""Reads what the checks' process found. Without its word, checks never count as passed."""

from __future__ import annotations

import hashlib

from sandbox.containers.raw_run import RawRun
from sandbox.records import ExecutionError
from sandbox.results.received import Received, described_error

NOT_RUN = "ChecksNotRun"
"""Name of the error of checks that didn't run to their end."""


def find_check_error(raw: RawRun, parts: Received) -> ExecutionError | None:
    """Return why the checks failed; None if they passed."""
    found = [header for header, _ in raw.verdict if header["type"] == "checked"]
    if len(found) != 1:
        return _not_run("the checks could not be run: the code ended their process or its own")
    (verdict,) = found
    if verdict.get("error") is not None:
        return described_error(verdict["error"]) or _not_run("the checks failed")
    digests = verdict.get("digests")
    for name, payload in parts.payloads.items():
        checked = digests.get(name) if isinstance(digests, dict) else None
        if checked is not None and checked != hashlib.sha256(payload.data).hexdigest():
            return _not_run(f"the code gave the checks another {name!r} than it returned")
    return None


def _not_run(message: str) -> ExecutionError:
    return ExecutionError(NOT_RUN, message, f"{NOT_RUN}: {message}\n")
