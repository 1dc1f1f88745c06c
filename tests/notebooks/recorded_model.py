"""A model with recorded answers behind OpenAI's protocol, as llama.cpp, vLLM and Ollama speak it.

The answers of a notebook are in ``answers/NAME.md``, one after another, separated by lines of
``-----``. One that begins with ``(after N s)`` comes that much later.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.served_http import ServedHttp

MODEL = "recorded"
ANSWERS = Path(__file__).with_name("answers")
_LATE = re.compile(r"\(after (\d+) s\)\s*")


class RecordedModel(ServedHttp):
    """Gives its answers in order; ``left``: those that nobody asked for yet."""

    def __init__(self) -> None:
        self.left: list[str] = []
        http = _Server(("127.0.0.1", 0), _Handler)
        http.model = self
        super().__init__(http)

    def play(self, notebook: str) -> None:
        """Begin with the answers of a notebook."""
        text = (ANSWERS / f"{notebook}.md").read_text("utf-8")
        self.left = [answer.strip() for answer in re.split(r"^-----$", text, flags=re.MULTILINE)]

    def next(self) -> str:
        """Take the next answer."""
        answer = self.left.pop(0) if self.left else "There is no answer left."
        if late := _LATE.match(answer):
            time.sleep(float(late[1]))
        return _LATE.sub("", answer)


class _Server(ThreadingHTTPServer):
    model: RecordedModel

    def handle_error(self, *args: Any) -> None:
        """Keep quiet about a client that didn't wait for its answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answer a chat, at once or piece by piece."""
        length = int(self.headers.get("Content-Length") or 0)
        streamed = json.loads(self.rfile.read(length)).get("stream") is True
        text = self.server.model.next()
        content = b"".join(_events(text)) if streamed else _whole(text)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""


def _usage(text: str) -> dict[str, int]:
    written = len(text) // 4
    return {"prompt_tokens": 900, "completion_tokens": written, "total_tokens": 900 + written}


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": MODEL}
    return json.dumps({**head, "choices": [choice], "usage": _usage(text)}).encode()


def _events(text: str) -> Iterator[bytes]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    for piece in re.findall(r".{1,20}", text, re.DOTALL):
        choice = {"index": 0, "delta": {"role": "assistant", "content": piece}}
        yield _event({**head, "choices": [{**choice, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield _event({**head, "choices": [end], "usage": _usage(text)})
    yield b"data: [DONE]\n\n"


def _event(record: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(record)}\n\n".encode()
