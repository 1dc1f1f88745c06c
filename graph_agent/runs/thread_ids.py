"""The names of runs."""

from __future__ import annotations

import re
import uuid

from graph_agent.errors import RequestError

MAX_THREAD_ID_BYTES = 200
"""A file's name has at most 255, and letters may take four."""
_THREAD_ID = re.compile(r"\w(?:[\w.:@+=-]{0,98}[\w:@+=-])?")


def random_thread_id() -> str:
    """Generate a thread id."""
    return uuid.uuid4().hex[:12]


def check_thread_id(thread_id: object) -> None:
    """Check the name of a run: folders are named after it.

    Raises:
        RequestError: it isn't usable.
    """
    usable = isinstance(thread_id, str) and _THREAD_ID.fullmatch(thread_id)
    if not usable or len(str(thread_id).encode()) > MAX_THREAD_ID_BYTES:
        raise RequestError(
            f"{thread_id!r:.80} can't name a run; use up to 100 letters, digits and . _ - : @ + =,"
            " with a letter, digit or _ first"
        )
