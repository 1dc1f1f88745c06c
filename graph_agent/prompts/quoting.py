"""Text in a prompt that isn't ours: output, errors, names, and what a model said before.

Only our own words begin a line. Other text either is quoted, with ``>`` before each of its lines,
or stands within a line of ours. So it can't look like one of our headings, and has no delimiter
that it could close. A prompt doesn't change with this: there is no random mark in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from graph_agent.prompts.bounds import MIN_PART_CHARS, Part, clip
from sandbox.terminal_text import escape_control_chars, one_line

_MARK = "> "
_MAX_ROUNDS = 8


def quoted(text: str, max_chars: int) -> str:
    """Quote a text, shortened in the middle so that the quotation fits."""
    shown = escape_control_chars(text).strip("\n")
    return fitted(lambda most: clip(shown, most), max_chars)


def fitted(render: Callable[[int], str], max_chars: int) -> str:
    """Quote what ``render`` returns for the most characters with which the quotation fits."""
    room = max_chars
    for _ in range(_MAX_ROUNDS):
        text = "\n".join(f"{_MARK}{line}".rstrip() for line in render(room).split("\n"))
        if len(text) <= max_chars:
            return text
        room = max(0, room * max_chars // len(text) - len(_MARK))
    return text[:max_chars].rpartition("\n")[0]


def quoted_part(label: str, text: str, rank: int, max_chars: int) -> Part:
    """Make a part from a heading of ours and a text that isn't."""
    shown = escape_control_chars(text).strip("\n")
    return Part(
        lambda most: fitted(lambda room: clip(shown, room), most),
        rank,
        max_chars + len(label) + 1,
        MIN_PART_CHARS + len(label) + 1,
        f"{label}\n",
    )


def said_part(label: str, text: str, rank: int, max_chars: int) -> Part:
    """Make a part from what a model or a rule said: within our line, or quoted below it."""
    shown = escape_control_chars(text.strip())
    if "\n" in shown:
        return quoted_part(label, shown, rank, max_chars)
    label = f"{label} "
    least = MIN_PART_CHARS + len(label)
    return Part(lambda most: clip(shown, most), rank, max_chars + len(label), least, label)


def within_line(text: str, max_chars: int) -> str:
    """Put a name, a reason or a message on one line, shortened."""
    return one_line(clip(one_line(text[: 4 * max_chars]), max_chars))


def fence(code: str) -> str:
    """Return more backticks than the code has in a row."""
    return "`" * max(3, max(map(len, re.findall("`+", code)), default=0) + 1)
