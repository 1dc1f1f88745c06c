"""Puts Python back together after the code, which shares it with the runner.

Code may rebind anything: mocks left in place, a ``print`` of its own, ``time``
or ``sys.stdout`` replaced. What the runner does afterwards needs none of that.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterable
from types import CodeType, ModuleType
from typing import Any

_LISTS = ("path", "meta_path", "path_hooks")
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


class Interpreter:
    """What the modules of the standard library and of the runner hold now.

    What is changed in place stays so, but for the lists that imports need.
    """

    def __init__(self) -> None:
        ours = (__package__, f"{__package__}.")
        kept = {
            name: module
            for name, module in sys.modules.items()
            if isinstance(module, ModuleType)
            and (name.partition(".")[0] in sys.stdlib_module_names or name.startswith(ours))
        }
        self._namespaces = [(vars(module), dict(vars(module))) for module in kept.values()]
        self._namespaces.append((sys.modules, dict(kept)))
        self._lists = {name: list(getattr(sys, name)) for name in _LISTS}
        self._sys = vars(sys)

    def restore(self) -> None:
        """Bind every name again as it was; names the code added stay.

        Needs no name of its module's nor a builtin until they are back.
        """
        found = self._sys.copy()
        for namespace, saved in self._namespaces:
            namespace.update(saved)
        for name, before in self._lists.items():
            now = found.get(name)  # with what the code added, unless something is gone
            whole = type(now) is list and {*map(id, before)} <= {*map(id, now)}
            setattr(sys, name, now if whole else before[:])
        stream: Any
        for stream in (found.get("stdout"), found.get("stderr")):
            with contextlib.suppress(BaseException):  # the code's own, or closed
                stream.flush()
        _silence_signals()


def _silence_signals() -> None:
    """Let no handler or timer of the code's interrupt what follows."""
    for timer in _TIMERS:
        signal.setitimer(timer, 0)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)


def run_and_restore(
    interpreter: Interpreter, parts: Iterable[CodeType], namespace: dict[str, Any]
) -> object:
    """Evaluate code objects; restore ``interpreter`` after the last, however they ended.

    Returns the value of the last one.
    """
    # A hook of the code's would be called on the way into restore(), and a low
    # limit would be met there: these are lifted first, by functions written in C.
    unprofile, untrace, recursion = sys.setprofile, sys.settrace, sys.getrecursionlimit
    allow_recursion, restore, before = sys.setrecursionlimit, interpreter.restore, recursion()
    evaluate, value = eval, None
    try:
        for part in parts:
            value = evaluate(part, namespace)
    finally:
        try:
            unprofile(None)
        finally:
            untrace(None)
            if recursion() < before:
                allow_recursion(before)
            restore()
    return value
