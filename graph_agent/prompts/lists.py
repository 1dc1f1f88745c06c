"""Lists in a prompt: as much of them as there is room for, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from graph_agent.prompts.bounds import MAX_OUTPUT_CHARS, clip

MAX_LINE_CHARS = 200
_SHORTLY = "Described in short for want of room:\n"


def listed(items: Sequence[str], max_chars: int, separator: str = ", ") -> str:
    """Join as many items as there is room for and say how many are left out."""
    text = separator.join(items)
    if len(text) <= max_chars:
        return text
    room = max_chars - len(separator) - len(_more(len(items)))
    kept: list[str] = []
    for item in items:
        room -= len(item) + (len(separator) if kept else 0)
        if room < 0:
            break
        kept.append(item)
    return separator.join([*kept, _more(len(items) - len(kept))])[:max_chars]


def first_line(text: str) -> str:
    """Return what a description starts with: name, type and size."""
    return clip(text.partition("\n")[0], MAX_LINE_CHARS)


def described(
    texts: Sequence[str], lines: Sequence[str], first: set[int], max_chars: int, separator: str
) -> str:
    """Give texts in full while there is room, of the others a line each, and count the rest.

    Those whose positions are in ``first`` come first to get room; each text
    has its line at the same position of ``lines``.
    """
    whole = separator.join(texts)
    if len(whole) <= max_chars:
        return whole
    order = sorted(range(len(texts)), key=lambda index: index not in first)
    # What the lines of all take, within a half of the room, is not for full texts.
    room = max_chars - min(sum(map(len, lines)) + len(lines), max_chars // 2) - len(_SHORTLY)
    full: dict[int, str] = {}
    for index in order:
        text = clip(texts[index], max(room // 2, MAX_OUTPUT_CHARS))
        if len(text) + len(separator) <= room:
            full[index] = text
            room -= len(text) + len(separator)
    told = separator.join(full[index] for index in sorted(full))
    rest = [lines[index] for index in order if index not in full]
    if not rest:
        return told
    left = max_chars - len(told) - len(separator) - len(_SHORTLY)
    return separator.join(filter(None, [told, _SHORTLY + listed(rest, left, "\n")]))[:max_chars]


def _more(count: int) -> str:
    return f"… and {count} more"
