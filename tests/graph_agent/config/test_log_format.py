"""Log lines: no key, no data, one line a record."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from graph_agent.config.log_format import PrivateFormatter

CANARY = "canary-4711-private-value"
OWN_KEY = "my-very-own-provider-key"


def fail_with_data() -> None:
    secret_row = {"name": CANARY}
    raise KeyError(secret_row["name"])


def formatted(message: object, *args: object, exc_info: object = None) -> str:
    """Format one error with a formatter that knows a secret."""
    formatter = PrivateFormatter()
    formatter.redact([OWN_KEY, "a", "b", ""])
    record = logging.LogRecord("nodes.execute", 40, __file__, 1, message, args, exc_info)  # type: ignore[arg-type]  # any call
    return formatter.format(record)


@pytest.mark.parametrize("secret", ["sk-proj-abcdefghijklmnop0123456789", OWN_KEY])
def test_keys_are_redacted_in_the_message_and_its_arguments(secret: str) -> None:
    text = formatted("calling with key=%s and " + secret, secret)
    assert secret not in text
    assert text.count("[redacted]") == 2


def test_ordinary_words_stay() -> None:
    message = "task-with-a-rather-long-hyphenated-name risk-adjusted-returns-of-1990 a: b"
    assert formatted(message).endswith(f" nodes.execute {message}")


def test_text_cannot_look_like_another_record() -> None:
    text = formatted("thread %s", "a\n2026-01-01 00:00:00.000Z INFO 1 nodes forged\x1b[2J\u2028x")
    assert len(text.splitlines()) == 1
    assert text.endswith("thread a 2026-01-01 00:00:00.000Z INFO 1 nodes forged\\x1b[2J\\u2028x")


def test_tracebacks_hold_types_and_frames_only() -> None:
    try:
        try:
            fail_with_data()
        except KeyError as exc:
            raise ValueError(f"bad row {CANARY}") from exc
    except ValueError:
        text = formatted("attempt %d failed", 2, exc_info=sys.exc_info())
    assert CANARY not in text
    assert "attempt 2 failed\n  builtins.ValueError\n" in text
    assert "  caused by builtins.KeyError\n" in text
    assert f"{__file__}:" in text
    assert text.endswith("fail_with_data")
    assert "secret_row" not in text


def test_a_traceback_cached_by_another_handler_is_not_used() -> None:
    try:
        fail_with_data()
    except KeyError:
        record = logging.LogRecord("nodes", 40, __file__, 1, "failed", (), sys.exc_info())
    assert CANARY in logging.Formatter().format(record)
    kept = record.exc_text
    assert CANARY not in PrivateFormatter().format(record)
    assert record.exc_text == kept


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("failed: %s", ValueError(CANARY)), "failed: <builtins.ValueError>"),
        (("frame %r", {"column": CANARY}), "frame '<builtins.dict>'"),
        (("frame %(a)s", {"a": [[CANARY]]}), "frame <builtins.list>"),
        (("row %s of %d", [[CANARY]], 3), "row <builtins.list> of 3"),
        ((ValueError(CANARY),), "<builtins.ValueError>"),
    ],
)
def test_arguments_that_may_hold_data_are_shown_by_type(
    args: tuple[object, ...], expected: str
) -> None:
    text = formatted(*args)
    assert CANARY not in text
    assert text.endswith(expected)


def test_a_format_that_does_not_fit_its_arguments_is_written_bare() -> None:
    assert formatted("%d rows", ValueError(CANARY)).endswith(" nodes.execute %d rows")


def test_names_numbers_shapes_and_paths_are_written() -> None:
    text = formatted("%s %s %d %.1f %s", "tips", (244, 7), 3, 0.5, Path("/x/y"))
    assert "tips (244, 7) 3 0.5 /x/y" in text.replace("\\", "/")
