"""Texts of exceptions, safe to make of any: the code's own classes may raise when asked."""

from __future__ import annotations

from .encoding.naming import class_name

MAX_SHORT_CHARS = 300


def message_of(error: BaseException) -> str:
    """Return what ``str(error)`` gives, or that it gives nothing."""
    try:
        return str.__str__(str(error))
    except BaseException:
        return f"<{class_name(type(error))} without a readable message>"


def in_short(error: BaseException) -> str:
    """Name an exception and its message on one line of at most ``MAX_SHORT_CHARS``."""
    message = " ".join(message_of(error)[: 2 * MAX_SHORT_CHARS].split())
    name = class_name(type(error))
    return (f"{name}: {message}" if message else name)[:MAX_SHORT_CHARS]
