"""A Gemini REST server in a thread, scripted reply by reply.

Tests let the real client talk to it over a real socket::

    with GeminiServer([Text("hello"), Failure(503)]) as server:
        client = create_client("gemini-2.5-flash", api_key="k", base_url=server.url)

Each request takes the next reply; the last one is given again and again. Both
``:generateContent`` and ``:streamGenerateContent?alt=sse`` are served.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

__all__ = [
    "Blocked",
    "BrokenOff",
    "Dropped",
    "Failure",
    "GeminiServer",
    "Malformed",
    "Raw",
    "Received",
    "Slow",
    "Text",
    "Watched",
]

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


EVENTS = "text/event-stream"


def events_of(bodies: Sequence[dict[str, Any]]) -> bytes:
    """Write response bodies as server-sent events."""
    return "".join(f"data: {json.dumps(body)}\r\n\r\n" for body in bodies).encode()


@dataclass(frozen=True)
class Text:
    """An answer; ``thought`` comes before it as a thinking part, ``chunks`` when streamed.

    ``parts``: the answer's text in several parts, where it isn't streamed.
    """

    text: str
    finish_reason: str = "STOP"
    thought: str | None = None
    chunks: Sequence[str] | None = None
    input_tokens: int = 11
    output_tokens: int = 7
    parts: Sequence[str] = ()

    def bodies(self, streamed: bool) -> list[dict[str, Any]]:
        """Return the response bodies: one, or one for each chunk."""
        texts = list(self.chunks or [self.text]) if streamed else [self.text]
        return [self._body(text, i == 0, i == len(texts) - 1) for i, text in enumerate(texts)]

    def _body(self, text: str, first: bool, last: bool) -> dict[str, Any]:
        parts: list[dict[str, Any]] = []
        if self.thought and first:
            parts.append({"text": self.thought, "thought": True})
        if text:
            parts += [{"text": part} for part in (self.parts or [text])]
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
        usage: dict[str, Any] = {"promptTokenCount": self.input_tokens}
        if last:
            candidate["finishReason"] = self.finish_reason
            usage["candidatesTokenCount"] = self.output_tokens
            usage["totalTokenCount"] = self.input_tokens + self.output_tokens
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake"}


@dataclass(frozen=True)
class Blocked:
    """A prompt refused: no candidate, only the reason."""

    reason: str = "SAFETY"


@dataclass(frozen=True)
class Failure:
    """An error status with Google's error body."""

    status: int
    message: str = "scripted failure"
    retry_after_s: int | None = None


@dataclass(frozen=True)
class Malformed:
    """Status 200 and a body that isn't JSON."""

    body: bytes = b'{"candidates": [{"content"'


@dataclass(frozen=True)
class Dropped:
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Slow:
    """The reply after ``delay_s``, or at the server's end if that comes first."""

    delay_s: float
    reply: Text = field(default_factory=lambda: Text("late"))


@dataclass(frozen=True)
class BrokenOff:
    """The beginning of a stream, then ``then``, raw; a call that isn't a stream is dropped.

    ``cleanly``: the response then ends as if it were whole; else the connection breaks.
    """

    chunks: Sequence[str] = ("x = ",)
    then: bytes = b""
    cleanly: bool = False

    def events(self) -> bytes:
        """Return what is sent before the end."""
        bodies = Text("", chunks=[*self.chunks, ""]).bodies(streamed=True)[:-1]
        return events_of(bodies) + self.then


@dataclass(frozen=True)
class Watched:
    """The reply; ``notify`` is called before it is sent, half way through, or after it."""

    reply: Text
    at: Literal["before", "half", "after"]
    notify: Callable[[], None]


@dataclass(frozen=True)
class Raw:
    """What ``send`` writes, which gets a function that writes and the event of the server's end."""

    send: Callable[[Callable[[bytes], object], threading.Event], None]


Reply = Raw | BrokenOff | Text | Blocked | Failure | Malformed | Dropped | Slow | Watched


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    json: dict[str, Any]

    @property
    def streamed(self) -> bool:
        """Whether a stream was asked for."""
        return ":streamGenerateContent" in self.path

    @property
    def pictures(self) -> list[tuple[str, bytes]]:
        """Return type and bytes of every picture sent."""
        parts = [
            part for content in self.json.get("contents", []) for part in content.get("parts", [])
        ]
        sent = [part["inlineData"] for part in parts if "inlineData" in part]
        # As this client writes it; JSON of protocol buffers takes mimeType and plain base64 too.
        return [
            (picture["mime_type"], base64.urlsafe_b64decode(picture["data"])) for picture in sent
        ]

    @property
    def prompt(self) -> str:
        """Join all texts sent, system instruction first."""
        contents = [self.json.get("systemInstruction", {}), *self.json.get("contents", [])]
        return "\n".join(
            part["text"]
            for content in contents
            for part in content.get("parts", [])
            if "text" in part
        )


class GeminiServer:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.requests: list[Received] = []
        self.ending = threading.Event()
        self._replies = list(replies)
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.gemini = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def script(self, replies: Sequence[Reply]) -> None:
        """Forget what was asked and was still to be answered, and answer so from now on."""
        with self._lock:
            self.requests.clear()
            self._replies = list(replies)

    def next_reply(self, received: Received) -> Reply:
        """Record a request and return what to answer."""
        with self._lock:
            self.requests.append(received)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def __enter__(self) -> GeminiServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.ending.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    gemini: GeminiServer
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    _watched: Watched | None = None

    def do_POST(self) -> None:
        """Answer one call."""
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        received = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        reply = self.server.gemini.next_reply(received)
        if isinstance(reply, Slow):
            self.server.gemini.ending.wait(reply.delay_s)
            reply = reply.reply
        if isinstance(reply, Watched):
            self._watched, reply = reply, reply.reply
        if isinstance(reply, Raw):
            self.close_connection = True
            reply.send(self.wfile.write, self.server.gemini.ending)
        elif isinstance(reply, Dropped):
            self.close_connection = True
        elif isinstance(reply, BrokenOff):
            self.close_connection = True
            if received.streamed:
                missing = 0 if reply.cleanly else 1_000
                self._send(200, reply.events(), content_type=EVENTS, missing_bytes=missing)
        elif isinstance(reply, Malformed):
            self._send(200, reply.body)
        elif isinstance(reply, Failure):
            self._send_failure(reply)
        elif isinstance(reply, Blocked):
            self._send_bodies([{"promptFeedback": {"blockReason": reply.reason}}], received)
        else:
            self._send_bodies(reply.bodies(received.streamed), received)

    def _send_bodies(self, bodies: list[dict[str, Any]], received: Received) -> None:
        if received.streamed:
            self._send(200, events_of(bodies), content_type=EVENTS)
        else:
            self._send(200, json.dumps(bodies[0]).encode())

    def _send_failure(self, failure: Failure) -> None:
        status = _STATUS.get(failure.status, "UNKNOWN")
        error = {"code": failure.status, "message": failure.message, "status": status}
        wait = failure.retry_after_s
        headers = {} if wait is None else {"Retry-After": str(wait)}
        self._send(failure.status, json.dumps({"error": error}).encode(), headers)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
        missing_bytes: int = 0,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + missing_bytes))
        self.end_headers()
        half = len(body) // 2
        self._reached("before")
        self.wfile.write(body[:half])
        self._reached("half")
        self.wfile.write(body[half:])
        self._reached("after")

    def _reached(self, moment: str) -> None:
        if self._watched is not None and self._watched.at == moment:
            self._watched.notify()

    def log_message(self, *args: Any) -> None:
        """Keep quiet: the requests are recorded."""
