"""How a value of one class becomes one of another: what programs get wrong most often."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["turn_into"]

_MEANT = {
    "bool": "assign True or False",
    "int": "assign a whole number",
    "float": "assign a number",
    "str": "assign a text",
    "list": "assign a list, for example with .tolist()",
    "dict": "assign a dict, for example with .to_dict()",
}
_IN_ROW = "take the label in that row: df.loc[position, column]"
_OF_LABEL = "take the value, not its label; convert text with float()"
_TURNS = {
    ("pandas.Series", "bool"): "reduce it with .any() or .all(), or compare one value",
    ("pandas.DataFrame", "bool"): "ask whether it has rows: len(rows) > 0",
    ("pandas.Series", "str"): "take the label: .idxmax() of counts, or .iloc[0] of a text column",
    ("numpy.integer", "str"): _IN_ROW,
    ("builtins.int", "str"): _IN_ROW,
    ("builtins.list", "str"): "take its only item",
    ("builtins.tuple", "str"): "take the label of the pair, not the pair",
    ("pandas.Series", "int"): "reduce it with .sum(), .nunique() or .iloc[0], or take its len()",
    ("pandas.Series", "float"): "reduce it with .mean(), .sum(), .max() or .iloc[0]",
    ("builtins.float", "int"): "convert it with int()",
    ("builtins.str", "float"): _OF_LABEL,
    ("builtins.str", "int"): _OF_LABEL,
    ("pandas.DataFrame", "list"): "select one column, then .tolist()",
}


def turn_into(wanted: str, bases: Collection[str]) -> str:
    """Say how to make a value of the class ``wanted`` from one with these classes; may be ""."""
    target = wanted.removeprefix("builtins.")
    hints = (hint for (base, to), hint in _TURNS.items() if to == target and base in bases)
    return next(hints, _MEANT.get(target, ""))
