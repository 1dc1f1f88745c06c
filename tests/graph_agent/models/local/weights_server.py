"""A model hub in a thread that can break off, ignore ranges and lie."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from graph_agent.models.local.catalog import Weights
from tests.served_http import ServedHttp

UNKNOWN = Weights("tiny", "A tiny model", "tiny.gguf", 3_000_000, 10, "us/tiny")
"""Weights whose hash only the hub states."""
DATA = b"GGUF" + bytes(range(256)) * 12_000  # 3 MB


def weights_of(data: bytes = DATA) -> Weights:
    digest = hashlib.sha256(data).hexdigest()
    return replace(UNKNOWN, size_bytes=len(data), sha256=digest)


class WeightsServer(ServedHttp):
    """Serves ``data``; breaks off after ``break_after`` bytes of each of the first answers.

    ``stated``: the SHA-256 that it states, as the hub does for large files.
    """

    def __init__(
        self,
        data: bytes,
        *,
        status: int = 200,
        ranges: bool = True,
        lengths: bool = True,
        breaks: int = 0,
        break_after: int = 0,
        stated: str | None = None,
    ) -> None:
        self.data, self.status, self.ranges, self.lengths = data, status, ranges, lengths
        self.breaks, self.break_after = breaks, break_after
        self.stated = stated
        self.starts: list[int] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        http = _Server(("127.0.0.1", 0), _Handler)
        http.weights = self
        super().__init__(http)

    @property
    def endpoint(self) -> str:
        """Return the hub's URL."""
        return self.url


class _Server(ThreadingHTTPServer):
    weights: WeightsServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_HEAD(self) -> None:
        """Describe the file."""
        self._answer(self.server.weights.status, len(self.server.weights.data))

    def do_GET(self) -> None:
        """Send the file, or the requested part of it."""
        weights = self.server.weights
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and weights.ranges else 0
        weights.starts.append(start)
        rest = weights.data[start:]
        self._answer(206 if start else weights.status, len(rest))
        if weights.breaks:
            weights.breaks -= 1
            rest = rest[: weights.break_after]
        self.wfile.write(rest)

    def _answer(self, status: int, length: int) -> None:
        self.server.weights.requests.append((self.command, self.path, dict(self.headers)))
        self.send_response(status)
        if self.server.weights.lengths:
            self.send_header("Content-Length", str(length))
        if self.server.weights.stated is not None:
            self.send_header("X-Linked-ETag", f'"{self.server.weights.stated}"')
            self.send_header("X-Linked-Size", str(len(self.server.weights.data)))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""
