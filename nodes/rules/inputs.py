"""Rules on data that was made up in place of what was given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nodes.rules.code_words import CodeWords, is_telling, named_in
from nodes.rules.data_flow import DataFlow
from nodes.rules.made_up import MadeUp, made_up
from nodes.rules.reads import reads, stored_names
from nodes.rules.rule import Evidence

__all__ = ["input_ignored", "input_overwritten"]

_SINGLE = {"int", "float", "complex", "str", "bool", "decimal.Decimal"}
_COLLECTIONS = {"list", "dict", "tuple", "set", "frozenset", "range"}
_LIBRARIES = ("pandas.", "polars.", "pyarrow.", "numpy.", "collections.", "array.", "datetime.")
_MADE_UP_WANTED = re.compile(
    r"\b(?:simulat\w*|synthe\w*|dummy|fake|mock\w*|made?[- ]up|generat\w*|toy|examples?|plausible"
    r"|sample (?:data|frames?|rows)"
    r"|(?:create|make|build) an? (?:new )?(?:data ?frame|list|array|dict\w*) (?:with|of|containing)"
    r"|random\w* (?:data\w*|frames?|numbers?|values?|walks?|arrays?|matri\w+|series))\b",
    re.IGNORECASE,
)
_REPLACING = r"\b(?:overwrite|replace|reset|reassign|redefine|re-?initiali[sz]e|set|change|clear)"


def input_overwritten(evidence: Evidence) -> Iterator[str]:
    """A given variable is overwritten with made-up data before its value was used."""
    watched = {
        name: kind in _SINGLE
        for name, kind in evidence.given.items()
        if kind in _SINGLE or _is_data(kind)
    }
    if _MADE_UP_WANTED.search(evidence.request):
        return
    if not watched.keys() & stored_names(evidence.tree):
        return
    flow = DataFlow(watched, evidence.request, derived=set(evidence.given))
    flow.visit(evidence.tree.body)
    for name, loss in sorted(flow.lost.items(), key=lambda one: one[1].line):
        # The run tells whether the value is another one: stating it again is no harm.
        changed = not evidence.ended_well or name in evidence.execution.changed_inputs
        wanted = re.search(rf"{_REPLACING}\W+(?:\w+\W+){{0,2}}?{re.escape(name)}\b",
                           evidence.request, re.IGNORECASE)  # fmt: skip
        if changed and not wanted:
            yield (
                f"Line {loss.line} overwrites the given variable {name!r} with {loss.by.how};"
                f" {name!r} already holds the data."
            )


def input_ignored(evidence: Evidence) -> Iterator[str]:
    """No given variable is read, and data of the same kind are made up instead."""
    given = evidence.given
    if not given or any(kind.startswith("pathlib.") for kind in given.values()):
        return
    if _MADE_UP_WANTED.search(evidence.request) or reads(evidence.tree) & given.keys():
        return
    found = _made_up_in(evidence.tree, evidence.request)
    names = _meant(evidence) if found is not None else []
    if found is not None and names:
        listed = ", ".join(map(repr, names))
        yield f"The code works on {found.how} and never reads what it was given: {listed}."


def _made_up_in(tree: ast.Module, request: str) -> MadeUp | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            for part in ast.iter_child_nodes(node):
                found = made_up(part, request)
                if found is not None:
                    return found
    return None


def _meant(evidence: Evidence) -> list[str]:
    """List the given variables that the made-up data stand for.

    Not each made-up table does: a request may ask for something else altogether.
    """
    words = CodeWords(evidence.tree)
    names = []
    for one in evidence.summaries:
        columns = one.get("columns") or []
        touched = [column for column in columns if words.mention(column)]
        telling = len(touched) > 1 or any(map(is_telling, touched))
        if telling or words.names_file(one["name"]):
            names.append(one["name"])
        elif _is_data(one["type"]) and not columns and is_telling(one["name"]):
            names += [one["name"]] if named_in(evidence.request, one["name"]) else []
    return names


def _is_data(kind: str) -> bool:
    return kind in _COLLECTIONS or kind.startswith(_LIBRARIES)
