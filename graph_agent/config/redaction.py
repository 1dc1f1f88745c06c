"""Keep keys and passwords out of error messages and the log; the one list of key patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["redacted", "secrets_of"]

MAX_MESSAGE_CHARS = 600
_MIN_SECRET_CHARS = 6  # hiding anything shorter would remove ordinary words

_KEYS = re.compile(
    r"\b(?:"
    r"AIza[\w\-]{20,}"  # Google API key
    r"|AQ\.[\w\-]{20,}"  # Google, newer kind
    r"|ya29\.[\w\-.]{10,}"  # Google OAuth token
    r"|sk-[\w\-*]{16,}"  # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-); OpenAI masks with *
    r"|lsv2_\w{16,}"  # LangSmith
    r"|hf_\w{16,}"  # Hugging Face
    r"|gh[pousr]_\w{16,}"  # GitHub
    r")"
)
_AFTER_LABEL = re.compile(
    r"(?i)(\bbearer\s+|[?&](?:api_?)?key=|\bx-goog-api-key['\"]?\s*[:=]\s*['\"]?)[^\s&'\"]+"
)
# No unbounded repeat before the first literal: that is quadratic on a long word.
_URL_PASSWORD = re.compile(r"(://[^\s:/@]{0,200}:)[^\s/@]{1,200}(?=@)")


def redacted(text: str, secrets: Iterable[str], max_chars: int | None = MAX_MESSAGE_CHARS) -> str:
    """Hide known secrets and what looks like a key, and cut the text to ``max_chars``."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may contain another
        if len(secret) >= _MIN_SECRET_CHARS:
            text = text.replace(secret, "[redacted]")
    text = _KEYS.sub("[redacted]", text)
    text = _AFTER_LABEL.sub(r"\1[redacted]", text)
    text = _URL_PASSWORD.sub(r"\1[redacted]", text)
    if max_chars is not None and len(text) > max_chars:
        text = f"{text[:max_chars]}…"
    return text


def secrets_of(client: Any) -> set[str]:
    """Collect the secret values a chat model holds in its fields."""
    from pydantic import SecretStr

    values = vars(client).values() if hasattr(client, "__dict__") else ()
    return {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
