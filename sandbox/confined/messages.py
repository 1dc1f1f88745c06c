"""Messages between parent and child: a JSON header, then parts of bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

MAX_HEADER_BYTES = 32 << 20
_START = struct.Struct(">I")
Part = bytes | bytearray | memoryview


class TooLargeError(ValueError):
    """A message is over the receiver's limit."""


def send(stream: BinaryIO, header: dict[str, Any], parts: Sequence[Part] = ()) -> None:
    """Write one message to an unbuffered stream.

    Raises:
        OSError: the other end is gone.
        TooLargeError: the header is.
    """
    views = [memoryview(part).cast("B") for part in parts if len(part)]
    sizes = [len(part) if not isinstance(part, memoryview) else part.nbytes for part in parts]
    encoded = json.dumps([header, sizes]).encode("ascii")
    if len(encoded) > MAX_HEADER_BYTES:
        raise TooLargeError(f"a message header of {len(encoded)} bytes")
    for data in (memoryview(_START.pack(len(encoded)) + encoded), *views):
        start = 0
        while start < len(data):
            start += stream.write(data[start:])


def receive(stream: BinaryIO, max_bytes: int) -> tuple[dict[str, Any], list[bytearray]]:
    """Read one message from an unbuffered stream; its parts have at most ``max_bytes`` together.

    Raises:
        EOFError: the stream ends.
        TooLargeError: the message is over a limit.
        ValueError: it isn't a message.
    """
    (length,) = _START.unpack(_read(stream, _START.size))
    if length > MAX_HEADER_BYTES:
        raise TooLargeError(f"a message header of {length} bytes")
    header, sizes = json.loads(_read(stream, length))
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) > max_bytes:
        raise TooLargeError(f"a message of more than {max_bytes} bytes")
    return header, [_read(stream, size) for size in sizes]


def _read(stream: BinaryIO, size: int) -> bytearray:
    data = bytearray(size)
    view, start = memoryview(data), 0
    while start < size:
        count = stream.readinto(view[start:])  # type: ignore[attr-defined]  # raw streams have it
        if not count:
            raise EOFError
        start += count
    return data
