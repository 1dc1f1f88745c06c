"""The line between the checks' process and the code's: one question, one answer."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Sequence
from typing import Any

from ..shared import frames

RECEIVE_BYTES = 1 << 18
MAX_BODY_BYTES = 4 << 30


class Line:
    """One end of a connection that carries messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = frames.MessageReader(MAX_BODY_BYTES)
        self._arrived: deque[tuple[dict[str, Any], bytes]] = deque()

    def send(self, header: dict[str, Any], parts: Sequence[bytes | memoryview] = ()) -> None:
        """Write one message.

        Raises:
            OSError: the other end is gone.
        """
        self._connection.sendall(frames.pack_message(header, frames.total_bytes(parts)))
        for part in parts:
            self._connection.sendall(part)

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """Read one message; None if the other end is gone.

        Raises:
            FrameError: what arrived isn't a message.
        """
        while not self._arrived:
            try:
                data = self._connection.recv(RECEIVE_BYTES)
            except ConnectionError:
                return None
            if not data:
                return None
            self._arrived.extend(self._reader.feed(data))
        return self._arrived.popleft()

    def close(self) -> None:
        """Let the other end see that nothing more comes."""
        self._connection.close()
