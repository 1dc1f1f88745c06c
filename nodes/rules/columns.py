"""The rule on columns that a request names and the code leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nodes.rules.code_words import CodeWords, is_telling
from nodes.rules.rule import Evidence
from nodes.rules.whole_tables import uses_whole_table

__all__ = ["untouched_column"]

_LEFT_OUT = re.compile(
    r"\b(?:ignor\w+|without|except\w*|exclud\w+|drop\w*|remov\w+|not|no|don'?t|never|besides"
    r"|apart from|other than|regardless of|instead of|rather than|unlike)\b[^.;:]{0,40}$",
    re.IGNORECASE,
)
"""What stands before a column that the code is to leave alone."""


def untouched_column(evidence: Evidence) -> Iterator[str]:
    """The request names a column of a given table and the code never mentions it."""
    tables = [one for one in evidence.summaries if one.get("columns")]
    if not tables or not evidence.tree.body:
        return
    named = {
        column: one["name"]
        for one in tables
        for column in one["columns"]
        if names_column(evidence.request, column)
    }
    words = CodeWords(evidence.tree)
    taken = {*evidence.given, *evidence.returns}
    untouched = [one for one in named if one not in taken and not words.mention(one)]
    if not untouched or uses_whole_table(evidence.tree, [one["name"] for one in tables]):
        return
    for column in untouched:
        yield (
            f"The request names the column {column!r} of {named[column]!r},"
            " and the code never touches it."
        )


def names_column(request: str, column: str) -> bool:
    """Whether a request means a column, not just a word that is spelt alike.

    Quoted names do, telling ones such as ``total_bill`` or "total bill" do, and
    ordinary words where they stand as "the day column" or "by day".
    """
    words = [re.escape(one) for one in re.split(r"[\W_]+", column) if one]
    if not words:
        return False
    literal = re.escape(column)
    patterns = [rf"`{literal}`", rf"'{literal}'", rf'"{literal}"']
    if is_telling(column):
        patterns.append(rf"(?<!\w){'[ _-]'.join(words) if len(words) > 1 else literal}(?!\w)")
    else:
        listed = r"(?:\w+(?:, | and |, and | & ))*"
        patterns.append(rf"\bby {listed}{literal}(?!\w)(?!-)")
        patterns.append(rf"\b(?:columns? {listed}{literal}|{literal} columns?)(?!\w)")
    return any(
        not _LEFT_OUT.search(request, 0, found.start())
        for pattern in patterns
        for found in re.finditer(pattern, request, re.IGNORECASE)
    )
