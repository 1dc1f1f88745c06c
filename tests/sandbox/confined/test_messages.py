"""Messages keep their parts apart, and their receiver's limits."""

from __future__ import annotations

import os
import threading
from typing import BinaryIO

import pytest

from sandbox.confined.messages import MAX_HEADER_BYTES, TooLargeError, receive, send


@pytest.fixture
def pipe() -> tuple[BinaryIO, BinaryIO]:
    out, into = os.pipe()
    return os.fdopen(out, "rb", 0), os.fdopen(into, "wb", 0)


def test_a_message_arrives_as_it_was_sent(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    out, into = pipe
    big = bytes(range(256)) * 4_000
    parts = [b"", big, memoryview(big)[:10], bytearray(b"x")]
    with out, into:
        sending = threading.Thread(target=send, args=(into, {"a": [1, "é"]}, parts))
        sending.start()
        header, received = receive(out, 2 * len(big))
        sending.join()
    assert header == {"a": [1, "é"]}
    assert received == [b"", big, big[:10], b"x"]


def test_a_message_over_a_limit_is_refused_before_it_is_read(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    out, into = pipe
    with out, into:
        send(into, {}, [bytes(100)])
        with pytest.raises(TooLargeError):
            receive(out, 99)
    out, into = (os.fdopen(fd, mode, 0) for fd, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    with out, into:
        into.write((MAX_HEADER_BYTES + 1).to_bytes(4, "big"))
        with pytest.raises(TooLargeError):
            receive(out, 99)
        with pytest.raises(TooLargeError):
            send(into, {"a": "x" * MAX_HEADER_BYTES})


def test_an_early_end(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    out, into = pipe
    with out:
        into.write(b"\0\0")
        into.close()
        with pytest.raises(EOFError):
            receive(out, 99)
