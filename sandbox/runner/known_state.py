"""Remembers what the code may replace in what this program uses, and puts it back.

The code shares its interpreter with the program that reports on it: it may
replace ``len`` or ``os.write``, install a tracer or let a timer run.
"""

from __future__ import annotations

import builtins
import signal
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

_PROGRAM = __name__.partition(".")[0]


class KnownState:
    """Functions, classes and modules by their names, in the standard library and this program.

    Only what can be called: a library's data changes in the course of its work.
    """

    def __init__(self) -> None:
        self._saved: list[tuple[Callable[[Mapping[str, Any]], None], dict[str, Any]]] = [
            (vars(module).update, _callables(module)) for module in _modules_in_use()
        ]
        self._set_limit = sys.setrecursionlimit
        self._limit = sys.getrecursionlimit()
        self._set_trace, self._set_profile = sys.settrace, sys.setprofile
        self._silence = _silence_signals

    def put_back(self) -> None:
        """Undo what the code replaced; uses nothing that it could have replaced."""
        self._set_trace(None)
        self._set_profile(None)
        for update, names in self._saved:
            update(names)
        self._set_limit(self._limit)
        self._silence()


def _modules_in_use() -> list[types.ModuleType]:
    ours = [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == _PROGRAM and isinstance(module, types.ModuleType)
    ]
    found = {builtins.__name__: builtins, **{module.__name__: module for module in ours}}
    for module in ours:
        for value in vars(module).values():
            if isinstance(value, types.ModuleType) and _is_standard(value):
                found[value.__name__] = value
    return list(found.values())


def _is_standard(module: types.ModuleType) -> bool:
    return module.__name__.partition(".")[0] in sys.stdlib_module_names


def _callables(module: types.ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) or isinstance(value, types.ModuleType)
    }


def _silence_signals() -> None:
    """Let no handler or timer of the code's interfere with the report."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)
