"""What usually fixes an error: a sentence for the next attempt's plan."""

from __future__ import annotations

import re

from graph_agent.records import ErrorRecord
from graph_agent.similar import nearest_columns
from graph_agent.state import AgentState

__all__ = ["repair_of"]

_FIXES = {
    r"truth value of a": (
        "Join conditions with & and |, each in parentheses, or reduce them with .any() or .all()."
    ),
    r"Unalignable boolean|identically-labeled|boolean index did not match": (
        "Make the condition from the same table as the one that it selects from."
    ),
    r"out.of.bounds|index 0 is out|arg(?:max|min).*empty": (
        "Nothing is left after the filter: compare with the values as the data spells them."
    ),
    r"not ordered for operation|Categorical|dtype.? '?category": (
        "The column is categorical: convert it first, with .astype(str) or with .astype(float)."
    ),
    r"convert string|supported between|Invalid comparison|operand.*'str'|dtype->(?:object|str)": (
        "The values are text: convert them with pd.to_numeric(..., errors='coerce'), after"
        " removing separators and units."
    ),
    r"not 'Series'|cannot convert the series|only (?:length-1|0-dimensional) arrays": (
        "Reduce the Series to one value first, such as with .iloc[0], .max() or .sum()."
    ),
    r"use \.str accessor": "Convert the column with .astype(str) before .str.",
    r"use \.dt accessor": "Convert the column with pd.to_datetime(...) before .dt.",
    r"unhashable type": "Turn the lists in cells into text, or use .explode(), before counting.",
    r"'(?:list|numpy\.ndarray)' object has no": "Wrap the list or array in pd.Series first.",
    r"'(?:int|float|bool|str|numpy\.\w+)' object has no attribute": (
        "That value is a single one already: don't call a method of a Series on it."
    ),
    r"'(?:Series|Index|DataFrame)' object has no attribute": (
        'Select columns as table["name"], and only call methods that a value of this class has.'
    ),
}
"""What a message says, and what then helps; the first that fits counts."""


def repair_of(error: ErrorRecord, state: AgentState) -> str:
    """Return how an error is usually fixed; "" if that isn't known.

    The message may hold values: only names of columns are repeated, and only those it asks for.
    """
    if error.name in ("KeyError", "ColumnNotFoundError"):
        return _missing_key(error.message, state)
    said = f"{error.name}: {error.message}"
    return next((fix for pattern, fix in _FIXES.items() if re.search(pattern, said)), "")


def _missing_key(message: str, state: AgentState) -> str:
    found = re.search(r"""(['"])(?P<name>.+?)\1""", message)
    name = found["name"] if found else message
    columns = _columns(state)
    if name in columns:
        return (
            f"A given table has the column {name!r}, but not the table that was made from it: use"
            " reset_index() after grouping, or take the column from the given table."
        )
    near = nearest_columns(name, list(columns))
    return f"The columns most like it are {', '.join(map(repr, near))}." if near else ""


def _columns(state: AgentState) -> dict[str, None]:
    every = (summary.get("columns") or () for summary in state.get("summaries") or ())
    return {str(column): None for columns in every for column in columns}
