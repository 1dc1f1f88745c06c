"""How long to wait before a call is repeated, and what to say about it."""

from __future__ import annotations

import email.utils
import math
import random
import re
import time
from collections.abc import Iterable
from typing import Any

__all__ = [
    "MAX_ATTEMPTS",
    "MAX_WAIT_S",
    "asked_wait_s",
    "policy_wait_s",
    "reason_of",
    "retry_text",
    "wait_s",
]

MAX_ATTEMPTS = 4
FIRST_WAIT_S = 1.0
FACTOR = 2.0
MAX_WAIT_S = 60.0
"""A provider that asks for more is asked again after this time."""
_RETRY_DELAY = re.compile(r"retryDelay['\"]?: ?['\"](\d+(?:\.\d+)?)s['\"]")


def policy_wait_s(failed: int) -> float:
    """Return how long LangGraph's policy waits after so many failed attempts."""
    return min(MAX_WAIT_S, FIRST_WAIT_S * FACTOR ** (failed - 1))


def wait_s(failed: int, asked_s: float | None) -> float:
    """Return how long to wait after so many failed attempts.

    A little longer by chance, so that many runs don't come back at the same moment.
    """
    chance_s = random.uniform(0, 0.5)  # noqa: S311  # no secret
    return min(MAX_WAIT_S, max(policy_wait_s(failed), asked_s or 0.0)) + chance_s


def asked_wait_s(errors: Iterable[BaseException]) -> float | None:
    """Return how long the provider asks to wait: the header Retry-After, or Google's retryDelay."""
    for error in errors:
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        try:
            asked = _seconds(headers.get("retry-after") or headers.get("Retry-After"))
        except AttributeError:  # no mapping
            asked = None
        if asked is None and (found := _RETRY_DELAY.search(str(error))):
            asked = float(found[1])
        if asked is not None:
            return asked
    return None


def _seconds(value: Any) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, section 10.2.3)."""
    if not isinstance(value, str) or len(value) > 100:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def retry_text(reason: str, wait_s: float) -> str:
    """Say that a model will be asked again."""
    return f"{reason}; trying again in {wait_s:.0f} s"


def reason_of(model: str, status: int | None, unreachable: bool) -> str:
    """Say in a few words why a model does not answer."""
    if unreachable:
        return f"the server of {model!r} can't be reached"
    if status == 429:
        return f"rate limited by {model!r}"
    if status == 503:
        return f"{model!r} is overloaded (503)"
    return f"the server of {model!r} failed ({status})" if status else f"no answer of {model!r}"
