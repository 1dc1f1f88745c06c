"""The columns that a request may mean, by the words it shares with their names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from graph_agent.prompts.bounds import listed
from graph_agent.records import Json

__all__ = ["likely_columns", "likely_columns_text"]

MAX_COLUMNS = 6
_MAX_CHARS = 400
_MAX_NAMES = 3000
"""Of all tables together; more would take longer than they help."""
_MIN_PREFIX = 4
_MIN_SHARE = 0.6
_IGNORED = frozenset(
    "a an the of is are was in on to and or for by with name number id value count list".split()  # noqa: SIM905
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+")


def likely_columns_text(request: str, summaries: Sequence[Json]) -> str:
    """Name the columns of each table that the request may mean; "" if there are none."""
    lines, room = [], _MAX_NAMES
    for summary in summaries:
        columns = [str(column) for column in summary.get("columns") or ()][:room]
        room -= len(columns)
        if found := likely_columns(request, columns):
            names = listed(list(map(repr, found)), _MAX_CHARS)
            lines.append(f"Columns of {summary['name']} that may be meant: {names}")
    return "\n".join(lines)


def likely_columns(request: str, columns: Sequence[str]) -> list[str]:
    """Return the columns that share most words with a request, the likeliest first.

    Left out are those of which the request has only a part, and less than half of what it has of
    the likeliest.
    """
    asked = _words(request)
    shares = {column: _share(asked, _words(column)) for column in columns}
    best = max((n_shared + part for n_shared, part in shares.values()), default=0)
    found = [
        column
        for column, (n_shared, part) in shares.items()
        if n_shared and (part == 1 or n_shared + part > best / 2)
    ]
    return sorted(found, key=lambda column: -sum(shares[column]))[:MAX_COLUMNS]


def _share(asked: set[str], words: set[str]) -> tuple[int, float]:
    """Return how many words of a column's name the request has, and which part of them."""
    n_shared = sum(any(_alike(word, other) for other in asked) for word in words)
    return n_shared, n_shared / max(1, len(words))


def _words(text: str) -> set[str]:
    parts = (part.lower() for part in _CAMEL.split(text))
    return {_singular(part) for part in parts if part and part not in _IGNORED}


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _alike(word: str, other: str) -> bool:
    if word == other:
        return True
    least = max(_MIN_PREFIX, math.ceil(_MIN_SHARE * max(len(word), len(other))))
    return len(word) >= least and word[:least] == other[:least]
