"""Frames read whole, in pieces, and as hostile input."""

from __future__ import annotations

import pytest

from sandbox.runner.shared import frames


def test_chunks_survive_being_cut_anywhere() -> None:
    stream = frames.pack_chunk(frames.STDOUT, b"one") + frames.pack_chunk(frames.EXIT, b"{}")
    reader = frames.ChunkReader()
    seen = [chunk for byte in stream for chunk in reader.feed(bytes([byte]))]
    assert seen == [(frames.STDOUT, b"one"), (frames.EXIT, b"{}")]


def test_messages_survive_being_cut_anywhere() -> None:
    stream = frames.pack_message({"type": "a"}, 3) + b"xyz" + frames.pack_message({"type": "b"})
    reader = frames.MessageReader(max_body_bytes=10)
    seen = [message for byte in stream for message in reader.feed(bytes([byte]))]
    assert seen == [({"type": "a"}, b"xyz"), ({"type": "b"}, b"")]


@pytest.mark.parametrize(
    "stream",
    [b"q\x00\x00\x00\x01x", frames.CHUNK_HEADER.pack(frames.STDOUT, frames.MAX_CHUNK_BYTES + 1)],
    ids=["unknown kind", "too long"],
)
def test_a_bad_chunk_is_refused(stream: bytes) -> None:
    with pytest.raises(frames.FrameError):
        list(frames.ChunkReader().feed(stream))


@pytest.mark.parametrize(
    "stream",
    [
        frames.MESSAGE_HEADER.pack(frames.MAX_HEADER_BYTES + 1, 0),
        frames.MESSAGE_HEADER.pack(2, 11) + b"{}",
        frames.MESSAGE_HEADER.pack(2, 0) + b"{}",
        frames.MESSAGE_HEADER.pack(2, 0) + b"[]",
        frames.MESSAGE_HEADER.pack(2, 0) + b"\xff\xff",
        frames.MESSAGE_HEADER.pack(200_000, 0) + b"[" * 200_000,
        frames.MESSAGE_HEADER.pack(10, 0) + b'{"type":1}',
    ],
    ids=[
        "header size",
        "body size",
        "no type",
        "not an object",
        "not JSON",
        "deep",
        "type not a text",
    ],
)
def test_a_bad_message_is_refused(stream: bytes) -> None:
    with pytest.raises(frames.FrameError):
        list(frames.MessageReader(max_body_bytes=10).feed(stream))


@pytest.mark.parametrize("encoded", [b"", b"{}", b"[]", b'{"code": "x", "exceeded": 0}', b"\xff"])
def test_a_bad_exit_report_is_refused(encoded: bytes) -> None:
    with pytest.raises(frames.FrameError):
        frames.parse_exit(encoded)


def test_an_exit_report_is_read() -> None:
    report = frames.parse_exit(
        b'{"code": -9, "duration_s": 1, "exceeded": "output", "oom_kills": 1}'
    )
    assert report == {"code": -9, "duration_s": 1.0, "exceeded": "output", "oom_kills": 1}
