"""The pictures of one run: counted, checked for repeats, and sent as soon as they are made."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

Send = Callable[[dict[str, Any], bytes], None]
"""Takes a message's header and its body."""

MAX_PIXELS = 25_000_000
"""For one picture, at four bytes each and twice in memory; larger ones are scaled down."""
MAX_NOTES = 50
MAX_NOTE_CHARS = 200


class Pictures:
    """Takes pictures from any library; ``notes`` lists those that could not be taken.

    A picture is sent at once, so that it is kept if the code is killed later.
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
        self._getpid = os.getpid  # the code may patch os
        self._process = os.getpid()
        self._open = True
        self._thread = threading.local()
        self._seen: list[tuple[Callable[[], Any], bytes]] = []

    @property
    def active(self) -> bool:
        """Whether pictures are taken: not in a forked child, and not while suspended."""
        suspended = getattr(self._thread, "suspended", 0)
        return self._open and not suspended and self._getpid() == self._process

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Take nothing that this thread draws meanwhile."""
        self._thread.suspended = getattr(self._thread, "suspended", 0) + 1
        try:
            yield
        finally:
            self._thread.suspended -= 1

    def close(self) -> None:
        """Take nothing from now on, not even from threads that are still running."""
        with self.lock:
            self._open = False

    def has(self, source: object) -> bool:
        """Whether a picture of ``source`` was taken, in any state."""
        return any(seen() is source for seen, _ in self._seen)

    def full(self, source: object) -> bool:
        """Whether rendering ``source`` is pointless: no room, and no earlier picture to repeat."""
        if self.count < self._max_figures or self.has(source):
            return False
        self.note(f"only the first {self._max_figures} figures were kept")
        return True

    def add(self, data: bytes, mime: str, source: object = None) -> int | None:
        """Send a picture, unless it equals an earlier one of ``source``.

        A figure saved, then shown, then displayed is one picture as long as it doesn't
        change. With ``source`` None, unless it equals any earlier one. Returns its number,
        from 0, or None if it wasn't sent.
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
        """Send the PNG of a figure that was sent in another format."""
        with self.lock:
            if self.total_bytes + len(data) > self._max_bytes:
                self.note("a figure's preview was dropped: over the limit for results")
                return
            self.total_bytes += len(data)
            self._send({"type": "preview", "figure": number}, data)

    def note(self, text: str) -> None:
        """Add a note for the user, once."""
        short = text if len(text) <= MAX_NOTE_CHARS else text[: MAX_NOTE_CHARS - 1] + "…"
        if short not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(short)


def _reference(source: object) -> Callable[[], Any]:
    try:
        return weakref.ref(source)
    except TypeError:
        return lambda: source
