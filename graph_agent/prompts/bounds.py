"""Limits on the length of a prompt, and how its parts are shortened to fit a model's window.

A prompt is assembled from parts, each with its own limit. If together they are too long, they
are shortened one by one, the least important first. The prompt says what was left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from langchain_core.messages import BaseMessage

from graph_agent.models import ModelProfile

MAX_PROMPT_CHARS = 100_000
"""For all messages together: 25,000 to 35,000 tokens of code and English, 100,000 at worst (digits,
Chinese). More text costs more and doesn't help the model."""
MIN_PROMPT_CHARS = 6_000
"""A prompt is never shortened below this: a smaller window can't hold the task."""
MAX_REQUEST_CHARS = 20_000
"""The longest request allowed, so only the smallest windows cut it."""
MAX_VARIABLES_CHARS = 24_000
"""A dozen frames in full, or several hundred variables with one line each."""
MAX_CODE_CHARS = 12_000
"""300 lines, for the program and for the request's checks."""
MIN_CODE_CHARS = 500
MAX_OUTCOME_CHARS = 16_000
"""For everything about one run."""
MIN_OUTCOME_CHARS = 1_000
"""Always enough for the outcome, the error and the number of figures."""
MAX_ERROR_CHARS = 4_000
MAX_OUTPUT_CHARS = 2_000
"""For each of stdout, stderr, one returned variable and a plan."""
MAX_NAMES_CHARS = 2_000
"""For a list of names or short lines."""
MIN_REQUEST_CHARS = 1_000
MIN_PART_CHARS = 150
FAIR_SHARES = 6
"""No part gets less than this fraction of a prompt while another one has more."""

_SHORTEST_NOTE_CHARS = 60


class Part(NamedTuple):
    """A piece of a prompt that can be shortened.

    ``render`` returns its text in at most the given number of characters; ``label`` comes before
    it and counts too. The part with the highest ``rank`` is shortened first, down to ``min_chars``.
    """

    render: Callable[[int], str]
    rank: int
    max_chars: int
    min_chars: int = MIN_PART_CHARS
    label: str = ""

    def text(self, max_chars: int) -> str:
        """Return label and text in at most ``max_chars``."""
        return self.label + self.render(max_chars - len(self.label))


def text_part(text: str, rank: int, max_chars: int, *, label: str = "", min_chars: int = 0) -> Part:
    """Make a part from a text; shortening it removes the middle."""
    least = max(min_chars, MIN_PART_CHARS) + len(label)
    return Part(lambda most: clip(text, most), rank, max_chars + len(label), least, label)


def fit(parts: Sequence[Part], max_chars: int, separator: str = "\n\n") -> str:
    """Join the parts' texts, shortened so that the result has at most ``max_chars``."""
    return separator.join(filter(None, shortened(parts, max_chars, len(separator))))


def shortened(parts: Sequence[Part], max_chars: int, separator_chars: int = 2) -> list[str]:
    """Return the parts' texts, shortened to ``max_chars`` in total.

    Parts are shortened by rank, first to a fair share each, then, if that isn't enough, to
    their minimum.
    """
    texts = [part.text(part.max_chars) for part in parts]
    excess = sum(len(text) + separator_chars for text in texts if text) - max_chars
    if excess <= 0:
        return texts
    order = sorted(range(len(parts)), key=lambda index: -parts[index].rank)
    for floor_chars in (max_chars // FAIR_SHARES, 0):
        for index in order:
            if excess <= 0:
                return texts
            part, before = parts[index], len(texts[index])
            most = max(part.min_chars, floor_chars, before - excess)
            if most < before:
                texts[index] = part.text(most)
                excess -= before - len(texts[index])
    return texts


def clip(text: str, max_chars: int, keep: int | None = None) -> str:
    """Cut the middle out of a text longer than ``max_chars``; a note says how much was cut.

    ``keep``: a position in the text that must stay.
    """
    if len(text) <= max_chars:
        return text
    text = text.rstrip()
    if len(text) <= max_chars:
        return text
    if max_chars < _SHORTEST_NOTE_CHARS:
        return text[: max(0, max_chars - 1)] + "…"[:max_chars]
    if keep is not None and max_chars >= 6 * _SHORTEST_NOTE_CHARS:
        return _clip_around(text, max_chars, keep)
    room = max_chars - len(_note(len(text)))
    head = room - room // 2
    return text[:head] + _note(len(text) - room) + text[len(text) - room // 2 :]


def _clip_around(text: str, max_chars: int, keep: int) -> str:
    """Keep the beginning, the end, and twice as much around a position."""
    room = max_chars - 2 * len(_note(len(text)))
    edge, middle = room // 4, room // 2
    start = min(max(keep - middle // 2, edge), len(text) - edge - middle)
    end = start + middle
    last = len(text) - edge
    return text[:edge] + _note(start - edge) + text[start:end] + _note(last - end) + text[last:]


def _note(n_chars: int) -> str:
    return f"\n… {n_chars} characters left out …\n" if n_chars else ""


_CHAT_TOKEN = re.compile(
    r"<(?=\|[^|<>\s]{1,40}\|>|｜[^｜<>\s]{1,40}｜>"
    r"|/?(?:s|bos|eos|pad|unk|think|tool_call|tool_calls|tool_response)>"
    r"|(?:start|end)_of_(?:turn|image)>|<SYS>>|</SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT)\])"
)
"""The first character of what a model's chat template uses to tell messages and roles apart."""
_LOOKALIKE = {"<": "‹", "[": "("}


def sendable(text: str) -> str:
    """Replace what can't be sent as text.

    Lone surrogates can't be encoded. Tokens of chat templates such as ``<|im_end|>`` would end our
    message: servers read them as tokens in a message's text too.
    """
    safe = _CHAT_TOKEN.sub(lambda found: _LOOKALIKE[found[0]], text)
    return safe.encode("utf-8", "replace").decode("utf-8")


MAX_LINE_CHARS = 200
_BRIEFLY = "Described briefly to save space:\n"


def listed(items: Sequence[str], max_chars: int, separator: str = ", ") -> str:
    """Join as many items as fit and say how many are left out."""
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
    """Return a description's first line: name, type and size."""
    return clip(text.partition("\n")[0], MAX_LINE_CHARS)


def described(
    texts: Sequence[str], lines: Sequence[str], first: set[int], max_chars: int, separator: str
) -> str:
    """Join the texts that fit in full, then one line for each of the others, and count the rest.

    ``lines`` holds the one-line version of each text. Texts whose positions are in ``first``
    get space first.
    """
    whole = separator.join(texts)
    if len(whole) <= max_chars:
        return whole
    order = sorted(range(len(texts)), key=lambda index: index not in first)
    # Reserve space for the lines of all texts, up to half of the total.
    room = max_chars - min(sum(map(len, lines)) + len(lines), max_chars // 2) - len(_BRIEFLY)
    full: dict[int, str] = {}
    for index in order:
        text = clip(texts[index], max(room // 2, MAX_OUTPUT_CHARS))
        if len(text) + len(separator) <= room:
            full[index] = text
            room -= len(text) + len(separator)
    head = separator.join(full[index] for index in sorted(full))
    rest = [lines[index] for index in order if index not in full]
    if not rest:
        return head
    left = max_chars - len(head) - len(separator) - len(_BRIEFLY)
    return separator.join(filter(None, [head, _BRIEFLY + listed(rest, left, "\n")]))[:max_chars]


def _more(count: int) -> str:
    return f"… and {count} more"


CHARS_PER_TOKEN = 3.0
"""For letters and spaces. The local models' tokenizer averages 3.6 in English, 4.0 in code and 2.8
in German, but takes a token for each digit and about one for each punctuation mark, emoji and
Chinese character. A table of numbers has 1.0 to 1.3 characters per token."""
SHARE = 0.9
"""How much of the window to use, since tokens are only estimated."""
_COSTLY = re.compile(r"[^A-Za-z\s]")
_MAX_ROUNDS = 10


def within_window(
    build: Callable[[int], list[BaseMessage]], profile: ModelProfile | None
) -> list[BaseMessage]:
    """Build a prompt of at most ``MAX_PROMPT_CHARS`` that fits the model's window.

    ``build`` takes the maximum number of characters of all messages together.
    """
    messages, most = build(MAX_PROMPT_CHARS), MAX_PROMPT_CHARS
    room = None if profile is None else profile.prompt_tokens
    if room is None or room * SHARE >= MAX_PROMPT_CHARS:
        return messages
    for _ in range(_MAX_ROUNDS):
        tokens = estimated_tokens(messages)
        if tokens <= room * SHARE or most <= MIN_PROMPT_CHARS:
            break
        shrunk = int(min(most, prompt_chars(messages)) * room * SHARE / tokens)
        most = max(MIN_PROMPT_CHARS, min(shrunk, int(most * 0.95)))
        messages = build(most)
    return messages


def prompt_chars(messages: Sequence[BaseMessage]) -> int:
    """Count the characters of all messages."""
    return sum(len(message.text) for message in messages)


def estimated_tokens(messages: Sequence[BaseMessage]) -> int:
    """Estimate a prompt's tokens, erring on the high side."""
    costly = sum(len(_COSTLY.findall(message.text)) for message in messages)
    return int(costly + (prompt_chars(messages) - costly) / CHARS_PER_TOKEN) + 8 * len(messages)
