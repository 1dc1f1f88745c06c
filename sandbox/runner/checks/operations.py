"""What the checks may do with an object that stays in the code's process."""

from __future__ import annotations

import copy
import importlib
import operator
from collections.abc import Callable
from typing import Any

BINARY = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor",
    "lshift", "rshift",
)  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
CONVERSIONS: dict[str, Callable[..., Any]] = {
    "bool": bool, "int": int, "float": float, "complex": complex, "index": operator.index,
    "str": str, "repr": repr, "len": len, "iter": iter, "next": next, "reversed": reversed,
    "round": round, "abs": abs, "neg": operator.neg, "pos": operator.pos, "dir": dir,
}  # fmt: skip
READING = frozenset({"getattr", "import", "dir", "isinstance", "issubclass", "repr", "str"})
"""These count as leaving the code's variables as they are."""


def _call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return function(*arguments, **named)


def _finish(coroutine: Any) -> Any:
    import asyncio  # slow to import, and seldom needed

    return asyncio.run(coroutine)


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in (*BINARY, *COMPARISONS)},
    **CONVERSIONS,
    "call": _call,
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "format": format,
    "isinstance": isinstance,
    "issubclass": issubclass,
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": lambda manager, *error: type(manager).__exit__(manager, *error),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "finish": _finish,
    "import": importlib.import_module,
}
