"""Decodes a payload from a container, as hostile input."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from .decoding import (
    arrow_streams,
    builtin_values,
    numpy_arrays,
    other_libraries,
    pandas_frames,
    stdlib_values,
)
from .decoding.checks import array, integer, malformed
from .decoding.reader import Reader
from .errors import PayloadError
from .records import Payload
from .runner.limits import MAGIC, PREAMBLE, DecodeLimits, count_elements, padding

__all__ = ["DecodeLimits", "decode_payload", "decode_value"]

CODEC = "tree/1"

DEFAULT_LIMITS = DecodeLimits()
DECODERS = {
    **builtin_values.DECODERS,
    **stdlib_values.DECODERS,
    **numpy_arrays.DECODERS,
    **pandas_frames.DECODERS,
    **arrow_streams.DECODERS,
    **other_libraries.DECODERS,
}


def decode_value(payload: Payload, max_bytes: int | None = None) -> Any:
    """Decode a value that came out of a container, of at most ``max_bytes``.

    Raises:
        PayloadError: it is malformed, over its limits, or needs a library that is not here.
    """
    if payload.codec != CODEC:
        raise PayloadError(f"unknown codec {payload.codec!r}")
    limits = DEFAULT_LIMITS if max_bytes is None else DecodeLimits(max_bytes=max_bytes)
    return decode_payload(payload.data, limits)


def decode_payload(
    data: bytes | bytearray | memoryview, limits: DecodeLimits = DEFAULT_LIMITS
) -> Any:
    """Rebuild the value that ``encode_value`` made a payload of.

    The value shares no memory with ``data`` and can be written to. Nothing is
    unpickled or evaluated, and only libraries named in this package are imported.

    Raises:
        PayloadError: the payload is malformed or over a limit, or its value
            needs a library that is not installed here.
    """
    try:
        return _decode(memoryview(data).cast("B") if len(data) else memoryview(b""), limits)
    except PayloadError:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # also polars' panics, which are no Exception
        text = " ".join(str(error).split())[:200]
        raise malformed(f"{type(error).__name__}: {text}") from None


def _decode(data: memoryview, limits: DecodeLimits) -> Any:
    if len(data) > limits.max_bytes:
        raise PayloadError(
            f"a payload of {len(data)} bytes is over the limit of {limits.max_bytes}"
        )
    if len(data) < PREAMBLE.size:
        raise malformed("it is shorter than its preamble")
    magic, tree_bytes = PREAMBLE.unpack_from(data)
    if magic != MAGIC:
        raise malformed("it does not start as one, or is of another version")
    start = PREAMBLE.size + tree_bytes
    if start > len(data):
        raise malformed("it is truncated")
    sizes, node = _parse(bytes(data[PREAMBLE.size : start]), limits)
    reader = Reader(_split(data, start, array(sizes), limits), limits, DECODERS)
    value = reader.value(node)
    reader.finish()
    return value


def _parse(tree: bytes, limits: DecodeLimits) -> list[Any]:
    """Parse the tree, having counted its elements before any is made."""
    if count_elements(tree) > limits.max_elements:
        raise PayloadError(f"a payload has more than {limits.max_elements} elements")
    parsed = json.loads(tree.decode("ascii"), object_pairs_hook=_refuse, parse_constant=_refuse)
    if type(parsed) is not list or len(parsed) != 2:
        raise malformed("its tree is no pair")
    return parsed


def _refuse(_: object) -> NoReturn:
    raise malformed("its tree holds more than arrays and plain scalars")


def _split(
    data: memoryview, position: int, sizes: list[Any], limits: DecodeLimits
) -> list[memoryview]:
    """Cut the attachments out; they must fill the payload to its last byte."""
    if len(sizes) > limits.max_attachments:
        raise PayloadError(f"a payload has more than {limits.max_attachments} attachments")
    attachments = []
    for size in sizes:
        start = position + padding(position)
        position = start + integer(size, 0)
        if position > len(data):
            raise malformed("an attachment is out of range")
        attachments.append(data[start:position])
    if position != len(data):
        raise malformed("it has bytes left over")
    return attachments
