"""Keeps API keys out of error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["redacted", "secrets_of"]

MAX_MESSAGE_CHARS = 600
_MIN_SECRET_CHARS = 6  # blotting out anything shorter would eat ordinary words
_KEY_SHAPES = re.compile(
    r"\b(?:AIza[\w\-]{20,}|AQ\.[\w\-]{20,}|ya29\.[\w\-.]{10,}|sk-[\w\-*]{16,})"
    r"|(?i:(?<=bearer )|(?<=[?&]key=)|(?<=x-goog-api-key: ))[^\s&'\"]+"
)


def redacted(text: str, secrets: Iterable[str], max_chars: int | None = MAX_MESSAGE_CHARS) -> str:
    """Blot out keys, known ones and what looks like one, and cut the text to ``max_chars``."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_SECRET_CHARS:
            text = text.replace(secret, "[key]")
    text = _KEY_SHAPES.sub("[key]", text)
    if max_chars is not None and len(text) > max_chars:
        text = f"{text[:max_chars]}…"
    return text


def secrets_of(client: Any) -> set[str]:
    """Collect the secret values a chat model holds in its fields."""
    from pydantic import SecretStr

    values = vars(client).values() if hasattr(client, "__dict__") else ()
    return {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
