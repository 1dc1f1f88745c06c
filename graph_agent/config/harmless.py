"""What a .env file may set although nobody has allowed its folder.

The current folder may be somebody else's. In their hands a key or a model's name sends the
user's data and bills elsewhere, a path or a database changes where runs are read and
written, ``retention`` removes runs, ``runtime`` and ``allow_packages`` weaken the sandbox,
and prices and limits raise what may be spent. So only what makes a limit tighter counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["TIGHTER", "is_harmless"]

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_APPROVE = ("always", "risky", "never")
_LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def _bytes(text: str) -> float:
    found = re.fullmatch(r"(\d+)([bkmg]?)", text.lower())
    if found is None:
        raise ValueError(text)
    return int(found[1]) * _UNITS[found[2]]


def _place(order: tuple[str, ...]) -> Callable[[str], float]:
    return lambda text: order.index(text.lower())


TIGHTER: Mapping[str, Callable[[str], float]] = MappingProxyType(
    {
        "CODEGEN_AGENT_MAX_ATTEMPTS": float,
        "CODEGEN_AGENT_TIMEOUT_S": float,
        "CODEGEN_AGENT_MEMORY": _bytes,
        "CODEGEN_AGENT_APPROVE": _place(_APPROVE),
        "CODEGEN_AGENT_LOG_LEVEL": _place(_LOG_LEVELS),  # a quieter log would hide something
    }
)
"""Variable → how tight a value of it is: the lower, the tighter."""


def is_harmless(variable: str, text: str, otherwise: str) -> bool:
    """Whether a value is at least as tight as what applies otherwise.

    A value that can't be read counts as harmless: reading the settings refuses it by name.
    """
    tightness = TIGHTER.get(variable)
    if tightness is None:
        return False
    try:
        value = tightness(text)
    except ValueError:
        return True
    try:
        return value <= tightness(otherwise)
    except ValueError:
        return False
