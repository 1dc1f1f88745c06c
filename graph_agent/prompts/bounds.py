"""How long a prompt may be, and what of it goes first when it is too long.

A prompt is put together from parts. Each has a limit of its own; when they are
too long together, they are shortened one after the other, the least important
first. Whatever is left out is said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MAX_PROMPT_CHARS = 100_000
"""Of all messages together: 25,000 to 35,000 tokens of code and English, a hundred
thousand at worst (digits, Chinese). More facts than that help no model; they cost."""
MIN_PROMPT_CHARS = 6_000
"""A window too small for this is too small for the task."""
MAX_REQUEST_CHARS = 20_000
"""What a request may have at most, so it is cut in the smallest windows only."""
MAX_VARIABLES_CHARS = 24_000
"""A dozen frames in full, or several hundred variables in a line each."""
MAX_CODE_CHARS = 12_000
"""300 lines; of the program, and of the request's checks."""
MIN_CODE_CHARS = 500
MAX_OUTCOME_CHARS = 16_000
"""Of all that is told of one run."""
MIN_OUTCOME_CHARS = 1_000
"""Room for the outcome, the error and the number of figures, whatever else there is."""
MAX_ERROR_CHARS = 4_000
MAX_OUTPUT_CHARS = 2_000
"""Of stdout, of stderr, of one returned variable, of a plan."""
MAX_NAMES_CHARS = 2_000
"""Of a list of names or of short lines."""
MIN_REQUEST_CHARS = 1_000
MIN_PART_CHARS = 150
FAIR_SHARES = 6
"""No part is shortened below this part of a prompt while another one is longer."""

_SHORTEST_NOTE_CHARS = 60


@dataclass(frozen=True)
class Part:
    """A piece of a prompt that can be told in fewer characters.

    ``render`` gives its text in at most so many characters. Of all parts the
    one with the highest ``rank`` is shortened first, down to ``min_chars``.
    """

    render: Callable[[int], str]
    rank: int
    max_chars: int
    min_chars: int = MIN_PART_CHARS


def text_part(text: str, rank: int, max_chars: int, *, label: str = "", min_chars: int = 0) -> Part:
    """Make a part of a text that loses its middle when it is shortened."""
    return Part(
        lambda most: label + clip(text, most - len(label)),
        rank,
        max_chars + len(label),
        max(min_chars, MIN_PART_CHARS) + len(label),
    )


def fit(parts: Sequence[Part], max_chars: int, separator: str = "\n\n") -> str:
    """Join the parts' texts, shortened so that all is within ``max_chars``."""
    return separator.join(filter(None, shortened(parts, max_chars, len(separator))))


def shortened(parts: Sequence[Part], max_chars: int, separator_chars: int = 2) -> list[str]:
    """Give the parts' texts, shortened so that all is within ``max_chars``.

    In the order of their ranks, first down to a fair share each, then, if that
    is not enough, to the least they can be told in.
    """
    texts = [one.render(one.max_chars) for one in parts]
    excess = sum(len(one) + separator_chars for one in texts if one) - max_chars
    order = sorted(range(len(parts)), key=lambda index: -parts[index].rank)
    for floor_chars in (max_chars // FAIR_SHARES, 0):
        for index in order:
            if excess <= 0:
                return texts
            part, before = parts[index], len(texts[index])
            most = max(part.min_chars, floor_chars, before - excess)
            if most < before:
                texts[index] = part.render(most)
                excess -= before - len(texts[index])
    return texts


def clip(text: str, max_chars: int, keep: int | None = None) -> str:
    """Leave out the middle of a text over ``max_chars``, note included, and say so.

    ``keep``: a position that is not left out either.
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
    """Keep the beginning, twice as much around a position, and the end."""
    room = max_chars - 2 * len(_note(len(text)))
    edge, middle = room // 4, room // 2
    start = min(max(keep - middle // 2, edge), len(text) - edge - middle)
    end = start + middle
    first, second = start - edge, len(text) - edge - end
    return "".join(
        [
            text[:edge],
            _note(first) if first else "",
            text[start:end],
            _note(second) if second else "",
            text[len(text) - edge :],
        ]
    )


def _note(n_chars: int) -> str:
    return f"\n… {n_chars} characters left out …\n"


def sendable(text: str) -> str:
    """Replace halves of surrogate pairs, which no provider can be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")
