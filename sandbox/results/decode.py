"""Decodes a payload from a container, as hostile input."""

from __future__ import annotations

from typing import Any

from sandbox.errors import PayloadError
from sandbox.records import Payload
from sandbox.runner.shared import decode, limits

DEFAULT_LIMITS = decode.DEFAULT_LIMITS


def decode_value(payload: Payload, max_bytes: int | None = None) -> Any:
    """Decode a value that came out of a container, of at most ``max_bytes``.

    Raises:
        PayloadError: it is malformed, over a limit, or needs a library that isn't installed.
    """
    if payload.codec != limits.CODEC:
        raise PayloadError(f"unknown codec {payload.codec!r}")
    most = DEFAULT_LIMITS if max_bytes is None else limits.PayloadLimits(max_bytes=max_bytes)
    return decode_payload(payload.data, most)


def decode_payload(
    data: bytes | bytearray | memoryview, most: limits.PayloadLimits = DEFAULT_LIMITS
) -> Any:
    """Do as :func:`sandbox.runner.shared.decode.decode_payload` does.

    Raises:
        PayloadError: this package's, for each of that module's.
    """
    try:
        return decode.decode_payload(data, most)
    except limits.PayloadError as error:
        raise PayloadError(str(error)) from None
