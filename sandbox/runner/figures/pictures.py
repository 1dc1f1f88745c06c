"""The pictures of one run: counted, told apart, and sent as soon as they are made."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

PNG = "image/png"
JPEG = "image/jpeg"
PLOTLY = "application/vnd.plotly.v1+json"

Send = Callable[[dict[str, Any], bytes], None]
"""Gets a message's header and its body."""

MAX_PIXELS = 25_000_000
"""Of one picture, at four bytes each and twice in memory; larger ones are made to fit."""
MAX_NOTES = 50
MAX_NOTE_CHARS = 200


class Pictures:
    """Takes pictures of any library; ``notes`` says which could not be taken.

    A picture is sent at once: what was shown before the code is killed is kept.
    ``lock`` serializes the threads of the code.
    """

    def __init__(self, max_figures: int, max_bytes: int, send: Send) -> None:
        self.notes: list[str] = []
        self.count = 0
        self.offered = 0
        self.total_bytes = 0
        self.lock = threading.RLock()
        self._max_figures = max_figures
        self._max_bytes = max_bytes
        self._send = send
        self._getpid = os.getpid  # whatever the code patches
        self._process = os.getpid()
        self._open = True
        self._thread = threading.local()
        self._seen: list[tuple[Callable[[], Any], bytes]] = []

    @property
    def active(self) -> bool:
        """Whether pictures are to be taken: not in a forked child, nor while suspended."""
        suspended = getattr(self._thread, "suspended", 0)
        return self._open and not suspended and self._getpid() == self._process

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Take nothing of what this thread draws meanwhile."""
        self._thread.suspended = getattr(self._thread, "suspended", 0) + 1
        try:
            yield
        finally:
            self._thread.suspended -= 1

    def close(self) -> None:
        """Take nothing from now on, not even from threads that go on."""
        with self.lock:
            self._open = False

    def has(self, source: object) -> bool:
        """Whether a picture of ``source`` was taken, in whatever state it was."""
        return any(seen() is source for seen, _ in self._seen)

    def full(self, source: object) -> bool:
        """Whether rendering ``source`` is pointless: no room, and nothing it could repeat."""
        if self.count < self._max_figures or self.has(source):
            return False
        self.note(f"only the first {self._max_figures} figures were kept")
        return True

    def add(self, data: bytes, mime: str, source: object = None) -> int | None:
        """Send a picture, unless it is the same as one taken of ``source`` before.

        Saved, then shown, then displayed: one picture as long as it does not
        change. ``source`` None: unless it is the same as any. Returns its number,
        from 0, None if it was not sent.
        """
        with self.lock:
            self.offered += 1
            digest = blake2b(data, digest_size=16).digest()
            for seen, known in self._seen:
                if known == digest and (source is None or seen() is source):
                    return None
            if self.count >= self._max_figures:
                self.note(f"only the first {self._max_figures} figures were kept")
            elif self.total_bytes + len(data) > self._max_bytes:
                self.note(f"a figure of {len(data)} bytes was dropped: over the limit for results")
            elif self._open:
                self._seen.append((_reference(source), digest))
                self.count += 1
                self.total_bytes += len(data)
                self._send({"type": "figure", "mime": mime}, data)
                return self.count - 1
            return None

    def add_preview(self, number: int, data: bytes) -> None:
        """Send the PNG of a figure that was sent as something else."""
        with self.lock:
            if self.total_bytes + len(data) > self._max_bytes:
                self.note("a figure's preview was dropped: over the limit for results")
                return
            self.total_bytes += len(data)
            self._send({"type": "preview", "figure": number}, data)

    def note(self, text: str) -> None:
        """Tell the user, once."""
        short = text if len(text) <= MAX_NOTE_CHARS else text[: MAX_NOTE_CHARS - 1] + "…"
        if short not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(short)


def _reference(source: object) -> Callable[[], Any]:
    try:
        return weakref.ref(source)
    except TypeError:
        return lambda: source
