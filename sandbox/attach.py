"""The stream to a container: the engine's multiplexed attach socket."""

from __future__ import annotations

import functools
import os
import select
import socket
import struct
import time
import weakref
from typing import Any

_HEADER = struct.Struct(">BxxxI")
_STDOUT, _STDERR = 1, 2
RECEIVE_BYTES = 1 << 18
MAX_DIAGNOSTIC_BYTES = 4096


class AttachedStream:
    """Both directions of one container's standard streams.

    ``diagnostics`` keeps the tail of what process 1 itself wrote to stderr: not
    the code's, but an interpreter's that could not start.
    """

    def __init__(self, raw: Any) -> None:
        # The SDK wraps a plain socket, for TLS and SSH in ways of their own.
        self._raw = raw
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._pending = bytearray()
        self.diagnostics = b""
        _of_this_process().add(self)

    def send(self, data: bytes, timeout_s: float) -> None:
        """Write everything.

        Raises:
            OSError: the other end is gone or does not read in time.
        """
        self._socket.settimeout(timeout_s)
        self._socket.sendall(data)

    def is_open(self) -> bool:
        """Whether the other end has neither closed nor said anything unasked."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def receive(self, deadline: float) -> bytes:
        """Return what the container has written to stdout next; empty at its end.

        ``deadline`` is on the monotonic clock, seconds.

        Raises:
            TimeoutError: the deadline has passed.
        """
        while True:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                raise TimeoutError
            self._socket.settimeout(remaining_s)
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except TimeoutError:
                raise
            except OSError:  # a reset is an end like any other
                return b""
            if not data:
                return b""
            if written := self._stdout_of(data):
                return written

    def close(self) -> None:
        """Hang up; the container's process 1 sees the end of its input."""
        for one in (self._socket, self._raw):
            try:
                one.close()
            except OSError:
                continue

    def _stdout_of(self, data: bytes) -> bytes:
        self._pending += data
        stdout = bytearray()
        start = 0
        while len(self._pending) - start >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._pending, start)
            body_start = start + _HEADER.size
            if len(self._pending) < body_start + length:
                break
            start = body_start + length
            body = self._pending[body_start:start]
            if stream == _STDOUT:
                stdout += body
            elif stream == _STDERR:
                self.diagnostics = (self.diagnostics + body)[-MAX_DIAGNOSTIC_BYTES:]
        del self._pending[:start]
        return bytes(stdout)


@functools.cache
def _of_this_process() -> weakref.WeakSet[AttachedStream]:
    """Keep track of streams: a copy in a forked process would keep a dead one's containers up."""
    streams: weakref.WeakSet[AttachedStream] = weakref.WeakSet()

    def close_copies() -> None:
        for one in list(streams):
            one.close()
        streams.clear()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=close_copies)
    return streams
