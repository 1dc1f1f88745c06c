"""The answer of a run: the one value that the request asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.records import Execution

__all__ = ["answer_of", "new_names"]


def answer_of(state: Mapping[str, Any], execution: Execution | None) -> Any:
    """Return what ``returns`` names, else the displayed value, else the single new variable.

    Several names become a dict, without what didn't come back. If there is none of these, it is
    the printed text; None if nothing was printed either.
    """
    if execution is None:
        return None
    values = execution.variables
    asked = state.get("returns")
    if asked:
        found = {name: values[name] for name in asked if name in values}
        return found.get(asked[0]) if len(asked) == 1 else found
    if execution.display is not None:
        return execution.display
    new = new_names(values, state)
    if len(new) == 1:
        return values[new[0]]
    return execution.display_text or execution.stdout.strip() or None


def new_names(values: Collection[str], state: Mapping[str, Any]) -> list[str]:
    """Return the variables that weren't given; if the code changed only given ones, those."""
    given = _given(state)
    return [name for name in values if name not in given] or list(values)


def _given(state: Mapping[str, Any]) -> set[str]:
    """Name the given variables; an earlier request's result that was made anew counts as new."""
    summaries = state.get("summaries") or ()
    return {str(each.get("name")) for each in summaries if not each.get("earlier_result")}
