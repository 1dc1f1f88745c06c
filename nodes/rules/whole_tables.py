"""Whether a program works on all columns of a table without naming them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nodes.rules.program_names import dotted

__all__ = ["uses_whole_table"]

_GENERIC = {
    "columns", "select_dtypes", "iloc", "values", "to_numpy", "to_dict", "to_dicts", "to_records",
    "iterrows", "itertuples", "iter_rows", "items", "rows", "row", "T", "transpose", "melt",
    "unpivot", "stack", "schema", "get_column", "get_columns", "to_list", "filter_regex",
    "column_names", "to_pylist", "to_pydict", "itercolumns", "iter_columns", "applymap", "map",
    "to_series", "dtypes",
}  # fmt: skip
"""Attributes that reach every column, or columns by position."""
_AGGREGATES = {
    "mean", "sum", "median", "min", "max", "std", "var", "count", "nunique", "quantile",
    "describe", "corr", "cov", "hist", "boxplot", "plot", "agg", "aggregate", "apply", "transform",
    "pivot_table", "isna", "isnull", "notna", "null_count", "dropna", "drop_nulls", "fillna",
    "drop_duplicates", "duplicated", "unique", "is_duplicated", "value_counts", "diff",
    "pct_change", "cumsum", "rolling", "resample", "interpolate", "ffill", "bfill", "rank",
    "skew", "sem", "mode", "info", "head", "tail", "to_string", "to_markdown", "to_html",
    "to_csv", "equals", "compare", "round", "all", "any", "sample",
}  # fmt: skip
"""Methods that work on all columns, unless some were chosen before."""
_CHOOSING = {"values", "subset", "on", "x", "y", "by", "column", "columns"}
_LOOKS = {"print", "display", "len", "type", "isinstance", "id", "head", "merge", "concat"}


def uses_whole_table(tree: ast.AST, tables: Iterable[str]) -> bool:
    """Return whether a column may be reached without its name; if in doubt, True."""
    chosen = _names_of_choices(tree)
    whole = set(tables)
    shown = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _GENERIC:
            return True
        if isinstance(node, ast.Attribute) and dotted(node)[:1] in (["cs"], ["selectors"]):
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.slice, (ast.JoinedStr, ast.BinOp)):
            return True
        if isinstance(node, ast.Call) and _works_on_all(node, whole, chosen, id(node) in shown):
            return True
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Name) and node.iter.id in whole:
            return True
    return False


def _works_on_all(call: ast.Call, whole: set[str], chosen: set[str], shown: bool) -> bool:
    parts = dotted(call.func)
    last = parts[-1] if parts else ""
    if isinstance(call.func, ast.Attribute) and last in _AGGREGATES:
        only_looks = shown and last in ("head", "tail", "info", "sample")
        names_some = any(
            _names_columns(keyword.value) for keyword in call.keywords if keyword.arg in _CHOOSING
        )
        names_some |= any(
            map(_tells_columns, [*call.args, *(keyword.value for keyword in call.keywords)])
        )
        if not only_looks and not names_some and not _chooses(call.func.value, chosen):
            return True
    if last in ("getattr", "eval", "exec"):
        return True
    if last == "filter" and any(keyword.arg in ("regex", "like") for keyword in call.keywords):
        return True
    if last in _LOOKS:
        return False
    keywords = {keyword.arg for keyword in call.keywords}
    if keywords & {"x", "y", "hue", "values", "names", "by"}:
        return False
    handed = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(argument, ast.Name) and argument.id in whole for argument in handed)


def _chooses(node: ast.AST, chosen: set[str]) -> bool:
    """Whether a chain of calls and attributes chooses columns by name."""
    while True:
        if isinstance(node, ast.Subscript):
            if _names_columns(node.slice):
                return True
            node = node.value
        elif isinstance(node, ast.Call):
            if _chooses_by_call(node):
                return True
            node = node.func
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.attr not in _AGGREGATES | _KEEPING:
                return True  # df.tip
            node = node.value
        else:
            # Arithmetic on columns, a result of a function, or a name.
            return not isinstance(node, ast.Name) or node.id in chosen


_KEEPING = {
    "groupby", "group_by", "copy", "query", "filter", "loc", "sort_values", "sort", "reset_index",
    "set_index", "assign", "with_columns", "rename", "drop", "merge", "join", "astype", "str", "dt",
    "clone", "lazy", "collect", "nlargest", "nsmallest",
}  # fmt: skip
"""Attributes of a whole table that leave it whole."""


def _tells_columns(node: ast.AST) -> bool:
    """Whether an argument of an aggregation names columns: ``{"a": "sum"}``, ``col("a")``.

    Names alone don't: they name functions.
    """
    if isinstance(node, ast.List):
        return any(map(_tells_columns, node.elts))
    if isinstance(node, ast.Tuple):
        return _names_columns(node)
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Call) and _chooses(node, set()))


def _chooses_by_call(call: ast.Call) -> bool:
    last = (dotted(call.func) or [""])[-1]
    if last in ("col", "select", "nlargest", "nsmallest", "unique", "crosstab", "Series"):
        return any(map(_names_columns, call.args)) or last == "crosstab"
    return False


def _names_columns(node: ast.AST) -> bool:
    """Whether an expression is a name of a column, or a list or tuple that holds one."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return any(_names_columns(element) for element in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _names_of_choices(tree: ast.AST) -> set[str]:
    """Collect the variables that hold chosen columns, or results computed from them."""
    chosen: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            aggregated = isinstance(value, ast.Call) and _chooses(value.func, chosen)
            if aggregated or _chooses(value, chosen):
                chosen.add(node.targets[0].id)
    return chosen
