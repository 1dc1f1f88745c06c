"""Rules on the given variables: made-up data in their place, and columns left alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nodes.rules.certain_reads import certain_nodes
from nodes.rules.data_flow import DataFlow
from nodes.rules.made_up import MadeUp, made_up
from nodes.rules.program_names import CodeWords, reads
from nodes.rules.rule import Evidence
from nodes.rules.whole_tables import uses_whole_table

__all__ = ["input_ignored", "input_overwritten", "untouched_column"]

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

_LEFT_OUT = re.compile(
    r"\b(?:ignor\w+|without|except\w*|exclud\w+|drop\w*|remov\w+|not|no|don'?t|never|besides"
    r"|apart from|other than|regardless of|instead of|rather than|unlike)\b[^.;:]{0,40}$",
    re.IGNORECASE,
)
"""What stands before a column that the code is to leave alone."""


def input_overwritten(evidence: Evidence) -> Iterator[str]:
    """A given variable is overwritten with made-up data before its value was used."""
    watched = {
        name: kind in _SINGLE
        for name, kind in evidence.given.items()
        if (kind in _SINGLE or _is_data(kind)) and name not in evidence.earlier_results
    }
    if not watched or _MADE_UP_WANTED.search(evidence.request):
        return
    if not watched.keys() & evidence.stored:
        return
    flow = DataFlow(watched, evidence.request, derived=set(evidence.given))
    flow.visit(evidence.tree.body)
    for name, loss in sorted(flow.lost.items(), key=lambda item: item[1].line):
        # Assigning an equal value again does no harm; the run shows if it is another one.
        changed = not evidence.ended_well or name in evidence.execution.changed_inputs
        wanted = re.search(rf"{_REPLACING}\W+(?:\w+\W+){{0,2}}?{re.escape(name)}\b",
                           evidence.request, re.IGNORECASE)  # fmt: skip
        if changed and not wanted:
            yield (
                f"Line {loss.line} overwrites the given variable {name!r} with {loss.by.how};"
                f" {name!r} already holds the data."
            )


def input_ignored(evidence: Evidence) -> Iterator[str]:
    """No given variable is read, and data of the same kind is made up instead."""
    given = evidence.given
    if not given or any(kind.startswith("pathlib.") for kind in given.values()):
        return
    certain = (node.id for node in certain_nodes(evidence.tree) if isinstance(node, ast.Name))
    if not given.keys().isdisjoint(certain) and not given.keys() & evidence.stored:
        return  # one of them is read
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
    """List the given variables that the made-up data stands for.

    Some made-up tables stand for none: a request may ask for something unrelated.
    """
    words = CodeWords(evidence.tree)
    names = []
    for summary in evidence.summaries:
        columns = summary.get("columns") or []
        touched = [column for column in columns if words.mention(column)]
        telling = len(touched) > 1 or any(map(is_telling, touched))
        if telling or words.names_file(summary["name"]):
            names.append(summary["name"])
        elif _is_data(summary["type"]) and not columns and is_telling(summary["name"]):
            names += [summary["name"]] if named_in(evidence.request, summary["name"]) else []
    return names


def _is_data(kind: str) -> bool:
    return kind in _COLLECTIONS or kind.startswith(_LIBRARIES)


def untouched_column(evidence: Evidence) -> Iterator[str]:
    """The request names a column of a given table and the code never mentions it."""
    tables = [summary for summary in evidence.summaries if summary.get("columns")]
    if not tables or not evidence.tree.body:
        return
    named = {
        column: table["name"]
        for table in tables
        for column in table["columns"]
        if names_column(evidence.request, column)
    }
    if not named:
        return
    words = CodeWords(evidence.tree)
    taken = {*evidence.given, *evidence.returns}
    untouched = [name for name in named if name not in taken and not words.mention(name)]
    if not untouched or uses_whole_table(evidence.tree, [table["name"] for table in tables]):
        return
    for column in untouched:
        yield (
            f"The request names the column {column!r} of {named[column]!r},"
            " and the code never touches it."
        )


def names_column(request: str, column: str) -> bool:
    """Whether a request means a column, not just a word that is spelled the same.

    It does if the name is quoted, if it is unusual such as ``total_bill`` or "total bill",
    and for ordinary words in "the day column" or "by day".
    """
    words = [re.escape(word) for word in re.split(r"[\W_]+", column) if word]
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


def is_telling(name: str) -> bool:
    """Whether a name is not an ordinary word: ``total_bill``, ``totalBill``, ``x1``."""
    return bool(re.search(r"\w[\W_]+\w|[a-z][A-Z]|[A-Za-z]\d", name))


def named_in(request: str, name: str) -> bool:
    """Whether a request names something, as a word, with ``_`` and spaces alike."""
    words = [re.escape(word) for word in re.split(r"[\W_]+", name) if word]
    pattern = r"[\W_]{1,2}".join(words)
    return bool(words) and bool(re.search(rf"(?<!\w){pattern}(?!\w)", request, re.IGNORECASE))
