"""Keys in text: each provider's kind is hidden, ordinary words stay."""

from __future__ import annotations

import time

import pytest
from langchain_core.language_models import FakeListChatModel
from pydantic import SecretStr

from graph_agent.config.redaction import MAX_MESSAGE_CHARS, redacted, secrets_of

KEYS = {
    "google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "google, newer": "AQ.Ab8RN6IabcdefghijklmnopqrstuvwxyzAA",
    "google oauth": "ya29.a0AbVbY6P-abcdefghijklmnop.qrst",
    "openai": "sk-proj-abcdefghijklmnop0123456789",
    "openai, masked by itself": "sk-proj-****************************wxyz",
    "anthropic": "sk-ant-api03-abcdefghijklmnop_0123456789",
    "openrouter": "sk-or-v1-0123456789abcdef0123456789abcdef",
    "langsmith": "lsv2_pt_0123456789abcdef0123456789abcdef",
    "hugging face": "hf_abcdefghijklmnopqrstuvwx",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github, of an app": "ghs_abcdefghijklmnopqrstuvwxyz0123456789",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_keys_are_recognized_by_their_shape(key: str) -> None:
    assert redacted(f"401: bad key {key}, try ({key})", ()) == (
        "401: bad key [redacted], try ([redacted])"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET http://h/v1?key=abc123&alt=sse", "GET http://h/v1?key=[redacted]&alt=sse"),
        ("GET http://h/v1?alt=sse&api_key=abc123", "GET http://h/v1?alt=sse&api_key=[redacted]"),
        ("Authorization: Bearer tok.en db", "Authorization: Bearer [redacted] db"),
        ("X-Goog-Api-Key: abc123", "X-Goog-Api-Key: [redacted]"),
        ("{'x-goog-api-key': 'abc123'}", "{'x-goog-api-key': '[redacted]'}"),
        ("db pg://me:pw@h/db", "db pg://me:[redacted]@h/db"),
    ],
)
def test_credentials_are_recognized_by_what_precedes_them(text: str, expected: str) -> None:
    assert redacted(text, ()) == expected


def test_known_secrets_are_hidden_and_longer_ones_first() -> None:
    assert redacted("got secret-word-2 and secret-word", ["secret-word", "secret-word-2"]) == (
        "got [redacted] and [redacted]"
    )


def test_ordinary_words_stay() -> None:
    text = "task-with-a-rather-long-hyphenated-name risk-adjusted-returns-of-1990 a: b"
    assert redacted(text, ("a", "b", "")) == text


def test_long_text_is_cut_after_redaction() -> None:
    text = "x" * (MAX_MESSAGE_CHARS - 10) + " " + KEYS["google"]
    cut = redacted(text, ())
    assert cut == f"{text[: MAX_MESSAGE_CHARS - 9]}[redacted…"
    assert redacted(text, (), max_chars=None).endswith(" [redacted]")


def test_takes_linear_time() -> None:
    started_s = time.perf_counter()
    redacted("x" * 2_000_000, (), max_chars=None)
    assert time.perf_counter() - started_s < 5  # quadratic: hours


def test_secrets_of_a_client_are_its_secret_fields() -> None:
    class KeyedModel(FakeListChatModel):
        key: SecretStr = SecretStr("canary")

    assert secrets_of(KeyedModel(responses=[])) == {"canary"}
    assert secrets_of(object()) == set()
