"""What a typed request wants, said in the words that a small model needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph_agent.records import Json
from graph_agent.return_types import in_words

__all__ = ["type_hints", "wanted_names"]

_SCALARS = {
    "builtins.bool": "True or False: the result of a comparison, not the number that it compares",
    "builtins.int": "one whole number, not a label, a list or a Series",
    "builtins.float": "one number, not a label, a list or a Series",
    "builtins.str": "one label or text as it stands in the data, not its position or count",
}
_LISTS = {
    "builtins.int": "a plain list of whole numbers, not of labels or pairs",
    "builtins.float": "a plain list of numbers, not of labels or pairs",
    "builtins.str": "a plain list of labels, not of their counts or of pairs",
    "builtins.bool": "a plain list of True and False",
}


def wanted_names(names: Sequence[str], kinds: Mapping[str, Json]) -> list[str]:
    """Return each name, with its type where that is given."""
    return [f"{name} ({in_words(kinds[name])})" if name in kinds else name for name in names]


def type_hints(names: Sequence[str], kinds: Mapping[str, Json]) -> list[str]:
    """Say what a value of each common type is, and what it is often mistaken for."""
    said = {name: _said(kinds.get(name) or {}) for name in names}
    return [f"{name} must be {words}." for name, words in said.items() if words]


def _said(kind: Json) -> str:
    wanted = str(kind.get("class", ""))
    if wanted == "builtins.list":
        return _LISTS.get(str((kind.get("items") or {}).get("class")), "a plain list")
    return _SCALARS.get(wanted, "")
