"""Compares an answer with the expected one, as DataBench's own evaluation does.

This module's text is part of a judge, so it runs in the container: it imports only what is
there. The rules are those of ``databench-eval`` 4.0.1: booleans and categories are compared as
text, dates as dates, numbers to two decimals, and lists without order or repetition.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

NOTHING = ("", "nan", "np.nan", "None")
"""What a missing value may be written as."""
_AROUND = "[]'\" "
_YES, _NO = ("true", "yes", "y"), ("false", "no", "n")


def same_answer(answer: Any, expected: Any, kind: str) -> bool:
    """Whether two answers are the same.

    ``kind``: boolean, number, category, list[number] or list[category].
    """
    answer, expected = plain(answer), plain(expected)
    texts = [str(value).strip(_AROUND) for value in (answer, expected)]
    missing = [text in NOTHING for text in texts]
    if any(missing):
        return all(missing)
    if kind == "boolean":
        sides = [text.lower() for text in texts]
        return any(all(side in words for side in sides) for words in (_YES, _NO))
    if kind == "category":
        return texts[0] == texts[1] or _same_dates(texts[:1], texts[1:])
    compare = {"number": _same_number, "list[number]": _same_numbers, "list[category]": _same_texts}
    return compare[kind](str(answer), str(expected))


def plain(value: Any) -> Any:
    """Return a value of NumPy or pandas as one of Python, which prints without its type."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def _same_number(answer: str, expected: str) -> bool:
    try:
        return math.trunc(_number(answer) * 100) == math.trunc(_number(expected) * 100)
    except (ValueError, OverflowError):
        return False


def _same_numbers(answer: str, expected: str) -> bool:
    try:
        numbers = [
            [int(_number(item) * 100) / 100 for item in _items(text) if item]
            for text in (answer, expected)
        ]
    except (ValueError, OverflowError):
        return False
    return len(numbers[0]) == len(numbers[1]) and set(numbers[0]) == set(numbers[1])


def _same_texts(answer: str, expected: str) -> bool:
    lists = [
        ["" if (item := text.strip(_AROUND)) in NOTHING else item for text in _items(side)]
        for side in (answer, expected)
    ]
    if len(lists[0]) != len(lists[1]):
        return False
    return set(lists[0]) == set(lists[1]) or _same_dates(lists[0], lists[1])


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.strip("[]").split(",")]


def _number(text: str) -> float:
    return float("".join(char for char in text if char.isdigit() or char in ".-"))


def _same_dates(answer: list[str], expected: list[str]) -> bool:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dates = [{pd.to_datetime(item).date() for item in side} for side in (answer, expected)]
    except (ValueError, TypeError, OverflowError):
        return False
    return dates[0] == dates[1]
