"""Framing of the two streams between host and container.

Chunks (supervisor to host) multiplex what the worker writes, and the files that the code
left: one byte for the kind, four for the length, then the data. Messages (host to worker,
worker to host in ``RESULT`` chunks, files in ``FILE`` chunks, the checks' process to host in
``VERDICT`` chunks) are a JSON header and an
opaque body. ``RESULTS_END`` follows when the worker closes its results, with the same
report that ``EXIT`` carries when it exits, so the host needn't wait for the process to
shut down. After the job, the host may send ``STOP``. The host reads all of it as hostile
input.

A session's stream begins with ``SESSION`` and has several jobs. When the host has a run's
last message, it sends ``OVER``; ``RESULTS_END`` answers it, and the next job may follow.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any

from .limits import count_elements

STDOUT = b"o"
STDERR = b"e"
RESULT = b"w"
FILE = b"f"
VERDICT = b"c"
RESULTS_END = b"r"
EXIT = b"x"
KINDS = (STDOUT, STDERR, RESULT, FILE, VERDICT, RESULTS_END, EXIT)

CHUNK_HEADER = struct.Struct(">cI")
MESSAGE_HEADER = struct.Struct(">IQ")
MAX_CHUNK_BYTES = 1 << 20
MAX_HEADER_BYTES = 8 << 20
"""For a message's JSON header: the job's code and manifest must fit."""
MAX_RESULT_HEADER_BYTES = 1 << 20
"""For the worker's messages: an exception and its traceback must fit."""
HEADER_ELEMENT_BYTES = 16
"""A header may have one element per this many bytes of its limit: bounds the cost of parsing."""
BROKEN_EXIT = 121
"""Exit code of a worker that the code left unable to continue or to say why."""
FILES_FOLDER = "/tmp/files"  # noqa: S108  # the container's own
"""Where the container shows the given files; the host chooses each one's place below it."""

STOP = b"stop"
"""From the host, after the job: end the worker now and send what is there."""
OVER = b"over"
"""From the host, in a session: the run is over; hold all processes until the next job."""
SESSION = MESSAGE_HEADER.pack(0, 0)
"""From the host, before the first job: more than one follows."""

_encode = json.JSONEncoder().encode  # figures are sent while the code runs and may patch json


class FrameError(ValueError):
    """A stream that doesn't follow the framing."""


def pack_chunk(kind: bytes, data: bytes | memoryview) -> bytes:
    """Frame ``data``, at most MAX_CHUNK_BYTES long, as one chunk."""
    return CHUNK_HEADER.pack(kind, len(data)) + bytes(data)


def pack_message(header: dict[str, Any], body_bytes: int = 0) -> bytes:
    """Frame a message's header; its body of ``body_bytes`` follows unframed."""
    encoded = _encode(header).encode("ascii")
    if len(encoded) > MAX_HEADER_BYTES:
        raise FrameError(f"a message header of {len(encoded)} bytes is over {MAX_HEADER_BYTES}")
    return MESSAGE_HEADER.pack(len(encoded), body_bytes) + encoded


class ChunkReader:
    """Splits the supervisor's stream into chunks as its bytes arrive."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Take bytes; return each (kind, data) that is complete.

        Raises:
            FrameError: unknown kind, or a chunk over MAX_CHUNK_BYTES.
        """
        self._pending += data
        complete = []
        start = 0
        while len(self._pending) - start >= CHUNK_HEADER.size:
            kind, length = CHUNK_HEADER.unpack_from(self._pending, start)
            if kind not in KINDS or length > MAX_CHUNK_BYTES:
                raise FrameError(f"bad chunk header: kind {kind!r}, {length} bytes")
            end = start + CHUNK_HEADER.size + length
            if len(self._pending) < end:
                break
            complete.append((kind, bytes(self._pending[start + CHUNK_HEADER.size : end])))
            start = end
        del self._pending[:start]
        return complete


class MessageReader:
    """Splits a stream of messages as its bytes arrive."""

    def __init__(self, max_body_bytes: int, max_header_bytes: int = MAX_HEADER_BYTES) -> None:
        self._max_body_bytes = max_body_bytes
        self._max_header_bytes = max_header_bytes
        self._pending = bytearray()
        self._wanted: int | None = None

    def feed(self, data: bytes) -> list[tuple[dict[str, Any], bytes]]:
        """Take bytes; return each (header, body) that is complete.

        Raises:
            FrameError: a header that isn't a JSON object with a ``type``, or a size over its limit.
        """
        self._pending += data
        complete: list[tuple[dict[str, Any], bytes]] = []
        # Nothing to parse until the body is complete.
        while self._wanted is None or len(self._pending) >= self._wanted:
            if len(self._pending) < MESSAGE_HEADER.size:
                break
            header_bytes, body_bytes = MESSAGE_HEADER.unpack_from(self._pending)
            if header_bytes > self._max_header_bytes or body_bytes > self._max_body_bytes:
                raise FrameError(f"bad message sizes: {header_bytes} and {body_bytes} bytes")
            body_start = MESSAGE_HEADER.size + header_bytes
            self._wanted = body_start + body_bytes
            if len(self._pending) < self._wanted:
                break
            with memoryview(self._pending) as view:
                encoded = bytes(view[MESSAGE_HEADER.size : body_start])
                header = _parse_header(encoded, self._max_header_bytes // HEADER_ELEMENT_BYTES)
                body = bytes(view[body_start : self._wanted])
            del self._pending[: self._wanted]
            self._wanted = None
            complete.append((header, body))
        return complete


def _parse_header(encoded: bytes, max_elements: int) -> dict[str, Any]:
    if count_elements(encoded) > max_elements:
        raise FrameError(f"a message header with more than {max_elements} elements")
    try:
        header = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a message header isn't JSON: {type(error).__name__}") from None
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise FrameError("a message header isn't an object with a type")
    return header


def parse_exit(encoded: bytes) -> dict[str, Any]:
    """Read the supervisor's report: ``code``, ``duration_s``, ``exceeded``, ``oom_kills``.

    Raises:
        FrameError: it is malformed.
    """
    try:
        report = json.loads(encoded)
        return {
            "code": int(report["code"]),
            "duration_s": float(report["duration_s"]),
            "exceeded": report["exceeded"] if report["exceeded"] in ("output", "result") else None,
            "oom_kills": int(report["oom_kills"]),
        }
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise FrameError("the exit report is malformed") from None


def total_bytes(parts: Iterable[bytes | memoryview]) -> int:
    """Count the bytes of a body given in parts."""
    return sum(part.nbytes if isinstance(part, memoryview) else len(part) for part in parts)
