"""A server in a thread that speaks OpenAI's protocol and Ollama's, as far as chats need it."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.served_http import ServedHttp

MODEL, ANSWER = "tiny", "Paris"


class OwnServer(ServedHttp):
    """Has one model, which always gives the same answer; keeps what it was sent."""

    def __init__(self, redirect_to: str | None = None, stopped_by: str = "stop") -> None:
        self.redirect_to, self.stopped_by = redirect_to, stopped_by
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        http = _Server(("127.0.0.1", 0), _Handler)
        http.own = self
        super().__init__(http)


class _Server(ThreadingHTTPServer):
    own: OwnServer


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer a chat."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.own.requests.append((self.path, headers, body))
        if self.server.own.redirect_to is not None:
            self._send(307, b"", Location=self.server.own.redirect_to)
        elif body["model"] != MODEL:
            why = f"model '{body['model']}' not found"
            error = why if self.path == "/api/chat" else {"message": why, "code": 404}
            self._send(404, json.dumps({"error": error}).encode())
        elif self.path == "/api/chat":
            self._send(200, b"".join(map(_line, _ollama(self.server.own.stopped_by))))
        else:
            self._send(200, json.dumps(_openai(self.server.own.stopped_by)).encode())

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _ollama(stopped_by: str) -> list[dict[str, Any]]:
    chunk = {"model": MODEL, "created_at": "2026-01-01T00:00:00Z", "done": False}
    said = {**chunk, "message": {"role": "assistant", "content": ANSWER}}
    end = {
        **chunk,
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "done_reason": stopped_by,
        "prompt_eval_count": 9,
        "eval_count": 1,
    }
    return [said, end]


def _openai(stopped_by: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": ANSWER}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": stopped_by}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
    }
