"""Restores Python after the code, which shares it with the runner.

Code may rebind anything: leave mocks in place, define its own ``print``, replace ``time``
or ``sys.stdout``. The runner's work afterwards must not depend on that.
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
    """A copy of the namespaces of the standard library's and the runner's modules.

    Objects changed in place stay changed, except the lists that imports need.
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
        """Bind every name again as it was; names that the code added stay.

        Uses no global name or builtin until they are restored.
        """
        found = self._sys.copy()
        for namespace, saved in self._namespaces:
            namespace.update(saved)
        for name, before in self._lists.items():
            now = found.get(name)  # kept with the code's additions, unless an entry is gone
            whole = type(now) is list and {*map(id, before)} <= {*map(id, now)}
            setattr(sys, name, now if whole else before[:])
        stream: Any
        for stream in (found.get("stdout"), found.get("stderr")):
            with contextlib.suppress(BaseException):  # an object of the code, or closed
                stream.flush()
        _silence_signals()


def _silence_signals() -> None:
    """Stop the code's signal handlers and timers from interrupting what follows."""
    for timer in _TIMERS:
        signal.setitimer(timer, 0)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)


def run_and_restore(
    interpreter: Interpreter, parts: Iterable[CodeType], namespace: dict[str, Any]
) -> object:
    """Evaluate code objects, then restore ``interpreter``, however they ended.

    Returns the value of the last one.
    """
    # The code's trace hooks and recursion limit would affect restore() itself, so they are
    # removed first, by functions written in C.
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
