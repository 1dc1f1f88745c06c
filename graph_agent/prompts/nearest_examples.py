"""Choose the worked examples that are nearest to a request: by words, always the same."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from graph_agent.prompts.example_bank import Example, bank
from graph_agent.records import Json

__all__ = ["answer_kind", "examples_text", "is_about_figures", "nearest_examples"]

SHOWN = 1
"""More cost more time than they gained: each is read anew for every request."""
HEADING = "Examples from other data, whose columns don't exist here:\n"
_TABLES = re.compile(r"\b(?:films|games|plants)\b")
_LEAST = 1.0
"""Without a type, an example that is less like the request than this would only mislead."""
_STRANGE = 0.4
"""How much a word that only the example has counts against it: a small model copies its filters."""
_KINDS = {"bool": "bool", "int": "number", "float": "number", "str": "label"}
_LIST_KINDS = {"str": "labels", "int": "numbers", "float": "numbers"}
_MEANINGS = {
    "max": "most highest largest greatest maximum max top biggest best",
    "min": "least lowest smallest minimum min fewest cheapest shortest youngest bottom worst",
    "mean": "average mean",
    "percent": "percent percentage share",
    "unique": "different unique distinct",
    "missing": "missing null unknown empty no not none without lack lacks lacking",
    "frequent": "common frequent frequently often popular",
    "some": "any some there",
    "every": "all every each",
    "more": "more higher greater larger longer above over exceed exceeds",
    "less": "less lower fewer smaller below under shorter",
    "total": "total sum overall",
    "number": "many number count",
    "figure": "plot chart draw graph figure histogram scatter",
    "#": "two three four five six seven eight nine ten",
    "": "a an the of is are was were in on to and or what which that for list name give value"
    " values data dataset rows",
}
_MEANING_OF = {word: name for name, words in _MEANINGS.items() for word in words.split()}
_WORD = re.compile(r"\d+|[a-z]+")


def examples_text(request: str, kinds: Mapping[str, Json], given: Sequence[str] = ()) -> str:
    """Show the examples nearest to a request, the nearest last; "" if none is near.

    ``given``: the user's variables. If there is only one, the examples are about it, so that a
    small model copies the right name.
    """
    texts = []
    for example in reversed(nearest_examples(request, kinds)):
        code = _TABLES.sub(given[0], example.code) if len(given) == 1 else example.code
        texts.append(f"# {example.request}\n{code}")
    return HEADING + "\n".join(texts) if texts else ""


def nearest_examples(request: str, kinds: Mapping[str, Json]) -> list[Example]:
    """Return the examples that share the most telling words with a request, nearest first.

    ``kinds``: the types that the request's ``returns`` give; if it wants one value of a common
    kind, only examples of that kind are compared.
    """
    kind = answer_kind(kinds)
    words, weights = _words(request), _weights()

    def likeness(example: Example) -> float:
        own = _words(example.request)
        shared = sum(weights[word] for word in words & own)
        return shared - _STRANGE * sum(weights[word] for word in own - words)

    near = sorted(bank(), key=likeness, reverse=True)
    if kind is None:
        return [example for example in near[:SHOWN] if likeness(example) >= _LEAST]
    return [example for example in near if example.kind == kind][:SHOWN]


def answer_kind(kinds: Mapping[str, Json]) -> str | None:
    """Return the bank's kind of the one answer that is wanted; None: several, or another type."""
    if len(kinds) != 1:
        return None
    wanted = next(iter(kinds.values()))
    name = str(wanted.get("class", "")).removeprefix("builtins.")
    if name != "list":
        return _KINDS.get(name)
    items = str((wanted.get("items") or {}).get("class", ""))
    return _LIST_KINDS.get(items.removeprefix("builtins."))


def is_about_figures(request: str) -> bool:
    """Whether a request has a word for a figure, or for drawing one."""
    return "figure" in _words(request)


@functools.cache
def _weights() -> dict[str, float]:
    """Weigh each word by how few examples have it."""
    counts = Counter(word for example in bank() for word in _words(example.request))
    return {word: math.log(1 + len(bank()) / count) for word, count in counts.items()}


@functools.lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    """Return the words that tell what is asked, the same for those that mean the same."""
    return frozenset(filter(None, map(_meaning, _WORD.findall(text.lower()))))


def _meaning(word: str) -> str:
    if word in _MEANING_OF:
        return _MEANING_OF[word]
    if word.isdigit():
        return "#"
    if word.endswith("est") and len(word) > 5:  # longest, oldest
        return "max"
    return word.removesuffix("s") if len(word) > 3 else word
