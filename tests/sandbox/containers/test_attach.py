"""The attach socket's framing, over a real socket pair."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from sandbox.containers.raw_run import MAX_DIAGNOSTIC_BYTES, AttachedStream


def framed(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(data)) + data


@pytest.fixture
def pair() -> Iterator[tuple[AttachedStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    stream = AttachedStream(ours)
    yield stream, theirs
    stream.close()
    theirs.close()


def soon() -> float:
    return time.monotonic() + 5


def test_stdout_arrives_whole_however_it_is_cut(
    pair: tuple[AttachedStream, socket.socket],
) -> None:
    stream, theirs = pair
    data = framed(1, b"first") + framed(2, b"noise") + framed(1, b"second")
    for end in (3, 9):
        theirs.sendall(data[:end])
        data = data[end:]
        with pytest.raises(TimeoutError):
            stream.receive(time.monotonic() + 0.05)
    theirs.sendall(data[:-1])
    assert stream.receive(soon()) == b"first"
    with pytest.raises(TimeoutError):
        stream.receive(time.monotonic() + 0.05)
    theirs.sendall(data[-1:])
    assert stream.receive(soon()) == b"second"
    assert stream.diagnostics == b"noise"


def test_only_the_end_of_diagnostics_is_kept(pair: tuple[AttachedStream, socket.socket]) -> None:
    stream, theirs = pair
    theirs.sendall(framed(2, b"x" * 5000 + b"the end") + framed(1, b"out"))
    assert stream.receive(soon()) == b"out"
    assert len(stream.diagnostics) == MAX_DIAGNOSTIC_BYTES
    assert stream.diagnostics.endswith(b"the end")


def test_the_other_end_closes(pair: tuple[AttachedStream, socket.socket]) -> None:
    stream, theirs = pair
    assert stream.is_open()
    theirs.close()
    assert not stream.is_open()
    assert stream.receive(soon()) == b""


def test_a_reader_that_does_not_read_is_a_timeout(
    pair: tuple[AttachedStream, socket.socket],
) -> None:
    stream, _ = pair
    with pytest.raises(TimeoutError):
        stream.send(bytes(64 << 20), 0.2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_closes_its_copy(pair: tuple[AttachedStream, socket.socket]) -> None:
    stream, theirs = pair
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"closed" if stream._socket.fileno() == -1 else b"open")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"closed"
    theirs.sendall(framed(1, b"still ours"))
    assert stream.receive(soon()) == b"still ours"
    os.close(read)
    os.close(write)
