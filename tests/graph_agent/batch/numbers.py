"""Requests for numbers, and a Gemini server that knows the answers.

Replies depend on what is asked, not on the order, which isn't the same in every run of a batch.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.gemini_server import GeminiServer, Received, Reply, Text
from tests.scripted_model import fenced, verdict

__all__ = ["NumberServer", "line", "number_asked", "write_lines"]

_ASKED = re.compile(r"[Gg]ive the number (\d+)")


def line(number: int, **more: Any) -> dict[str, Any]:
    """Make a request with the id ``n<number>``, which is solved without the model's verdict."""
    return {
        "id": f"n{number}",
        "request": f"Give the number {number}",
        "checks": f"assert answer == {number}",
        "returns": ["answer"],
        **more,
    }


def write_lines(path: Path, lines: Sequence[Any]) -> Path:
    """Write a file of requests."""
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), "utf-8")
    return path


def number_asked(received: Received) -> int:
    """Return the number that a call is about."""
    found = _ASKED.search(received.prompt)
    assert found is not None, received.prompt
    return int(found[1])


KEY = "not-a-real-key-5b1c"
"""For a client of the server, which takes any."""


class NumberServer(GeminiServer):
    """Answers with ``code(number)`` or, for some numbers, with a reply of their own.

    ``in_flight`` is how many calls are being answered now, ``most`` how many were at once.
    """

    def __init__(
        self,
        code: Callable[[int], str] = "answer = {}".format,
        special: dict[int, Reply] | None = None,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__([Text("")])
        self.special = special or {}
        self.most = 0
        self._code = code
        self.delay_s = delay_s
        self._counting = threading.Lock()
        self._in_flight = 0

    @property
    def asked(self) -> list[int]:
        """The number of each call so far."""
        return [number_asked(received) for received in self.requests]

    def next_reply(self, received: Received) -> Reply:
        super().next_reply(received)  # records it
        number = number_asked(received)
        with self._counting:
            self._in_flight += 1
            self.most = max(self.most, self._in_flight)
        self.ending.wait(self.delay_s)
        with self._counting:
            self._in_flight -= 1
        if number in self.special:
            return self.special[number]
        if "json" in json.dumps(received.json.get("generationConfig", {})).lower():
            return Text(verdict(True))
        return Text(fenced(self._code(number)))
