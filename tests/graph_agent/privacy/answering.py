"""A Gemini server that writes one program after another and approves the last."""

from __future__ import annotations

from collections.abc import Sequence

from tests.gemini_server import GeminiServer, Received, Reply, Text
from tests.scripted_model import fenced, verdict


class Answering(GeminiServer):
    """Answers questions for code and for a verdict."""

    def __init__(self, programs: Sequence[str]) -> None:
        super().__init__([Text("unused")])
        self._programs = list(programs)

    def next_reply(self, received: Received) -> Reply:
        """Record a request and answer it."""
        with self._lock:
            self.requests.append(received)
            if judges(received):
                return Text(verdict(not self._programs, why="Seen.", plan="Fix it."))
            return Text(fenced(self._programs.pop(0)))


def judges(received: Received) -> bool:
    """Whether a request asks for a verdict."""
    return "responseJsonSchema" in received.json.get("generationConfig", {})
