"""How long a provider asks to wait, and what is said about it."""

from __future__ import annotations

import email.utils
import time
from types import SimpleNamespace

import pytest

from graph_agent.models.retry_waits import (
    MAX_WAIT_S,
    asked_wait_s,
    policy_wait_s,
    reason_of,
    wait_s,
)


def failure(text: str = "", **headers: str) -> Exception:
    """Return an error with a response's headers, as clients raise it."""
    error = RuntimeError(text)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error.response = SimpleNamespace(headers=named)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "asked_s"),
    [
        (failure(retry_after="8"), 8),
        (failure(Retry_After="1.5"), 1.5),
        (failure(retry_after="-3"), 0),
        (failure("{'@type': 'type.googleapis.com/google.rpc.RetryInfo', 'retryDelay': '31s'}"), 31),
        (failure('"retryDelay": "0.5s"'), 0.5),
        (failure(retry_after="soon"), None),
        (failure(retry_after="inf"), None),
        (failure(retry_after="nan"), None),
        (failure(retry_after="9" * 200), None),
        (RuntimeError("no response"), None),
        (failure(), None),
    ],
)
def test_what_a_provider_asks_for(error: Exception, asked_s: float | None) -> None:
    assert asked_wait_s([RuntimeError("outer"), error]) == asked_s


def test_a_date_is_read() -> None:
    date = email.utils.formatdate(time.time() + 20, usegmt=True)
    asked_s = asked_wait_s([failure(retry_after=date)])
    assert asked_s is not None
    assert 15 < asked_s <= 20
    assert asked_wait_s([failure(retry_after="Thu, 01 Jan 1970 00:00:00 GMT")]) == 0


def test_the_wait_is_at_least_the_policys_and_limited() -> None:
    assert [policy_wait_s(failed) for failed in (1, 2, 3)] == [1, 2, 4]
    assert 4 <= wait_s(3, None) <= 4.5
    assert 4 <= wait_s(3, 1.0) <= 4.5
    assert 8 <= wait_s(1, 8.0) <= 8.5
    assert MAX_WAIT_S <= wait_s(1, 1e9) <= MAX_WAIT_S + 0.5


@pytest.mark.parametrize(
    ("status", "unreachable", "words"),
    [
        (429, False, "rate limited"),
        (503, False, "overloaded"),
        (500, False, "failed (500)"),
        (None, True, "can't be reached"),
        (None, False, "no answer"),
    ],
)
def test_the_reason_names_the_model(status: int | None, unreachable: bool, words: str) -> None:
    said = reason_of("gemini-2.5-pro", status, unreachable)
    assert words in said
    assert "'gemini-2.5-pro'" in said
