"""A Gemini that writes one program after another and is content with the last."""

from __future__ import annotations

from collections.abc import Sequence

from tests.gemini_server import GeminiServer, Received, Reply, Text
from tests.scripted_model import fenced, verdict


class Answering(GeminiServer):
    """Answers by what is asked: for code, or for a verdict."""

    def __init__(self, programs: Sequence[str]) -> None:
        super().__init__([Text("not asked in turn")])
        self._programs = list(programs)

    def next_reply(self, received: Received) -> Reply:
        """Record a request and answer it."""
        with self._lock:
            self.requests.append(received)
            if judges(received):
                return Text(verdict(not self._programs, why="Seen.", plan="Mend it."))
            return Text(fenced(self._programs.pop(0)))


def judges(received: Received) -> bool:
    """Tell whether a verdict is asked for."""
    return "responseJsonSchema" in received.json.get("generationConfig", {})
