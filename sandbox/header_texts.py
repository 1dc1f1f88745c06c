"""Texts out of a message's header, made fit to be shown and written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_TEXTS = 1000
MAX_LISTED_CHARS = 200


def full_text(header: dict[str, Any], key: str, max_chars: int) -> str:
    """Read a text as it is; empty if it is none.

    Lone surrogates are escaped: JSON carries them, no file or checkpoint does.
    """
    value = header.get(key, "")
    if not isinstance(value, str):
        return ""
    return value[:max_chars].encode("utf-8", "backslashreplace").decode("utf-8")


def short_text(header: dict[str, Any], key: str, max_chars: int) -> str:
    """Read a text that is to stand in a sentence."""
    return printable(full_text(header, key, max_chars), max_chars)


def short_texts(values: object) -> Iterator[str]:
    """Read a list of texts; what is none is passed over."""
    if isinstance(values, list):
        for one in values[:MAX_TEXTS]:
            if isinstance(one, str):
                yield printable(one, MAX_LISTED_CHARS)


def printable(text: str, max_chars: int) -> str:
    """Put a text on one line; what could steer a terminal is escaped."""
    line = " ".join(text[:max_chars].split())
    if not line.isprintable():
        line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
    return line[:max_chars]
