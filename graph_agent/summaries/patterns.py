"""What the texts of a column look like: dates, numbers with separators or units, lists, padding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["MAX_VALUES", "patterns"]

MAX_VALUES = 1_000
"""How many distinct values are looked at."""
_MAX_CHARS = 10_000
_MIN_VALUES = 2
_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("dates as text, YYYY-MM-DD", r"\d{4}-\d\d?-\d\d?"),
        ("times as text, YYYY-MM-DD hh:mm", r"\d{4}-\d\d?-\d\d?[T ]\d\d?:\d\d.*"),
        ("dates as text, month first", r"(?:0?[1-9]|1[0-2])/(?:\d\d?)/\d{2,4}"),
        ("dates as text, day first", r"\d\d?[./-]\d\d?[./-]\d{2,4}"),
        (
            "dates as text, month by name",
            r"(?:\d\d? )?[A-Z][a-z]{2,8}\.?,? (?:\d\d?, )?\d{4}",
        ),
        ("times of day as text", r"\d\d?:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?"),
        ("numbers as text", r"[-+]?\d+(?:\.\d+)?"),
        ("numbers as text with thousands separators", _NUMBER),
        ("numbers as text with decimal commas", r"[-+]?\d+(?:\.\d{3})*,\d+"),
        ("percentages as text", rf"{_NUMBER} ?%"),
        ("amounts as text with a currency sign", rf"-?[$€£¥₹] ?{_NUMBER}|{_NUMBER} ?[$€£¥₹]"),
        ("numbers as text with a unit", rf"{_NUMBER} ?[A-Za-zµ°²³/]{{1,6}}"),
        ("lists as text", r"\[.*\]"),
        ("JSON objects as text", r"\{.*\}"),
        ("several items separated by ;", r"[^;]*(?:;[^;]*)+"),
        ("several items separated by |", r"[^|]*(?:\|[^|]*)+"),
    )
)
_YES_NO = frozenset({"yes", "no", "y", "n", "true", "false", "t", "f", "0", "1"})


def patterns(values: Sequence[object]) -> Iterator[str]:
    """Yield what is true of a column's distinct values; shows none of them.

    A shape is named if all texts have it, padding and spellings if some values differ in them.
    """
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) < len(values):
        kinds = sorted({type(value).__name__ for value in values})
        if texts and len(kinds) > 1:
            yield f"mixed types: {', '.join(kinds[:4])}"
        return
    stripped = [text.strip()[:_MAX_CHARS] for text in texts]
    if len(texts) >= _MIN_VALUES and (shape := _shape(stripped)):
        yield shape
    plain = {text.casefold() for text in stripped}
    if len(texts) > len(plain):
        is_yes_no = plain <= _YES_NO
        yield (
            "yes and no in several spellings" if is_yes_no else "some differ only in case or spaces"
        )
    if any(text != text.strip() for text in texts):
        yield "some with spaces around them"


def _shape(texts: Sequence[str]) -> str:
    filled = [text for text in texts if text]
    for name, pattern in _SHAPES:
        if filled and all(pattern.fullmatch(text) for text in filled):
            return name
    return ""
