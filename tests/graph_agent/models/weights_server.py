"""A file server in a thread that can break off, ignore ranges and lie."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class WeightsServer:
    """Serves ``data``; breaks off after ``break_after`` bytes of each of the first answers."""

    def __init__(
        self,
        data: bytes,
        *,
        status: int = 200,
        ranges: bool = True,
        breaks: int = 0,
        break_after: int = 0,
    ) -> None:
        self.data, self.status, self.ranges = data, status, ranges
        self.breaks, self.break_after = breaks, break_after
        self.starts: list[int] = []
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.weights = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Return the file's URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/file.gguf"

    def __enter__(self) -> WeightsServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    weights: WeightsServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Send the file, or the part of it that is asked for."""
        weights = self.server.weights
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and weights.ranges else 0
        weights.starts.append(start)
        rest = weights.data[start:]
        self.send_response(206 if start else weights.status)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if weights.breaks:
            weights.breaks -= 1
            rest = rest[: weights.break_after]
        self.wfile.write(rest)

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""
