"""Takes the given table where a program makes one up: it reads a file, or repeats a few rows.

Small models do so from habit, most of all when they are asked to fix a program.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from graph_agent.prompts.code_cleaning import tree_of
from graph_agent.state import AgentState
from nodes.rules.inputs import wants_made_up
from nodes.rules.made_up import made_up
from nodes.rules.program_names import dotted, reads

__all__ = ["WithGiven", "with_given_table"]

_TABLE_MAKERS = re.compile(r"DataFrame|read_(?:csv|table|excel|parquet|feather|json)")


class WithGiven(NamedTuple):
    """The code, and what was changed in it, in words."""

    code: str
    notes: list[str]


def with_given_table(code: str, state: AgentState) -> WithGiven:
    """Return the code with the only given variable, a table, in place of one made up for it."""
    if _TABLE_MAKERS.search(code) is None:
        return WithGiven(code, [])
    request, tree = state.get("request") or "", tree_of(code)
    found = _only_table(state)
    if tree is None or found is None or wants_made_up(request):
        return WithGiven(code, [])
    name, columns = found
    is_read = name in reads(*tree.body)
    for at, statement in enumerate(tree.body):
        made = _table_made_up(statement, columns, request)
        if made is None or not _stands_alone(statement, tree.body):
            continue
        target, is_part, how = made
        if name in reads(*tree.body[:at]) if target == name else is_read or not is_part:
            continue
        lines = code.split("\n")
        instead = [] if target == name else [f"{target} = {name}.copy()"]
        lines[statement.lineno - 1 : statement.end_lineno] = instead
        return WithGiven("\n".join(lines), [f"used {name} instead of {how}"])
    return WithGiven(code, [])


def _only_table(state: AgentState) -> tuple[str, list[str]] | None:
    """Return the name and the columns of the table, if nothing else is given."""
    summaries = state.get("summaries") or []
    skipped = {"input_overwritten", "input_ignored"}.intersection(state.get("skip_rules") or ())
    if len(summaries) != 1 or skipped or summaries[0].get("earlier_result"):
        return None
    columns = summaries[0].get("columns") or []
    return (str(summaries[0]["name"]), list(columns)) if columns else None


def _stands_alone(statement: ast.stmt, body: list[ast.stmt]) -> bool:
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    return not any(
        other.lineno in lines or other.end_lineno in lines
        for other in body
        if other is not statement
    )


def _table_made_up(
    statement: ast.stmt, columns: list[str], request: str
) -> tuple[str, bool, str] | None:
    """Return such a table's name, whether it can be the given one, and where its data is from."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return None
    target, call = statement.targets[0], statement.value
    if len(statement.targets) > 1 or not isinstance(target, ast.Name):
        return None
    how = made_up(call, request)
    if how is None or not _TABLE_MAKERS.fullmatch((dotted(call.func) or [""])[-1]):
        return None
    dicts = (part for part in ast.walk(call) if isinstance(part, ast.Dict))
    keys = {key.value for part in dicts for key in part.keys if isinstance(key, ast.Constant)}
    return target.id, how.may_fail or (bool(keys) and keys <= set(columns)), how.how
