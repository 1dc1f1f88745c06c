"""The names most like a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

__all__ = ["nearest", "plain_name"]

_MAX_NEAREST = 3
_ALIKE = 0.6


def nearest(name: str, columns: Sequence[str]) -> list[str]:
    """Return the columns most like a name: by spelling, or by a word of it."""
    plain = {column: plain_name(column) for column in columns}
    wanted = plain_name(name)
    words = set(wanted.split())

    def likeness(column: str) -> float:
        shared = len(words & set(plain[column].split())) / max(1, len(words))
        return difflib.SequenceMatcher(None, wanted, plain[column]).ratio() + shared

    alike = [column for column in columns if likeness(column) >= _ALIKE]
    return sorted(alike, key=likeness, reverse=True)[:_MAX_NEAREST]


def plain_name(name: str) -> str:
    """Return a name's words, without case: ``TotalBill`` and ``total_bill`` are alike."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower()
