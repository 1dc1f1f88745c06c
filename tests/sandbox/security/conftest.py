"""One real container, looked at once."""

from __future__ import annotations

import secrets

import pytest

from sandbox import SandboxPolicy
from sandbox.security.proofs import look
from sandbox.security.seen import Seen


@pytest.fixture(scope="session")
def seen() -> Seen:
    found, run = look(SandboxPolicy(memory="512m", timeout_s=60), secrets.token_hex(8))
    assert run.ok, run
    return found
