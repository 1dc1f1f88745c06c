"""What a name that leads nowhere may mean: the known names most like it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["closest", "did_you_mean", "hint_for_file", "nearest_columns", "plain_name"]

_MAX_NEAREST = 3
_ALIKE = 0.6


def closest(name: str, known: Iterable[str], cutoff: float = _ALIKE) -> str | None:
    """Return the known name most like a wrong one, in any case; None if none is like it.

    ``cutoff``: how much of them must agree, from 0 to 1.
    """
    by_lower = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(name.casefold(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that resembles a wrong one; empty if none does."""
    close = closest(name, known)
    return f"; did you mean {close!r}?" if close else ""


_ADDRESS = re.compile(r"(^|/)(https?|ftps?|s3|gs|sftp):/")
"""In a path, also in one that was made absolute."""


def hint_for_file(path: Path) -> str:
    """Say what may be wrong with the path of a file that doesn't exist, as half a sentence."""
    if _ADDRESS.search(path.as_posix()):
        return "addresses aren't opened; download the file and give its path"
    folder = path.absolute().parent
    try:
        close = closest(path.name, [entry.name for entry in os.scandir(folder)])
    except (OSError, ValueError):
        return f"nor does its folder {str(folder)!r}; check the path"
    return f"did you mean {close!r}?" if close else "check the path"


def nearest_columns(name: str, columns: Sequence[str]) -> list[str]:
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
