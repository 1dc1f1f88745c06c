"""The modules that variables need where they are loaded, read from their pickles."""

from __future__ import annotations

import contextlib
import pickletools
from collections.abc import Sequence
from typing import IO, Any, cast

from sandbox.variables.bundle import PickledVariable

MAX_OPCODES = 20_000
"""Read of each variable: names of modules come early in a pickle, bulk data later."""
MAX_ALL_OPCODES = 100_000
MAX_VALUE_BYTES = 1 << 20
_STRINGS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_GETS = frozenset({"BINGET", "LONG_BINGET"})
_NO_PUSH = frozenset({"PROTO", "FRAME", "MEMOIZE", "MARK"})
_MODULE_BY_NAME = ("cloudpickle.cloudpickle", "subimport")


def needed_modules(
    stream: IO[bytes], variables: Sequence[PickledVariable]
) -> dict[str, tuple[str, ...]]:
    """Name the top-level modules that each variable's pickle refers to, sorted.

    To limit the time, only the beginning of a long pickle is read, so modules may be missing.

    Args:
        stream: one or more pickles for each variable, all from the same pickler.
        variables: where each is in the stream, in order.
    """
    scan, needed, start, left = _Scan(), {}, 0, MAX_ALL_OPCODES
    for entry in variables:
        end = start + entry.bytes
        stream.seek(start)
        left -= scan.read(stream, end, min(left, MAX_OPCODES))
        needed[entry.name] = tuple(sorted(scan.modules))
        start = end
    return needed


class _Bounded:
    """A stream that refuses to read a long value into memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.tell, self.readline = stream.tell, stream.readline

    def read(self, size: int) -> bytes:
        if size > MAX_VALUE_BYTES:
            raise ValueError("too long")
        return self._stream.read(size)


class _Scan:
    """Follows the strings of pickles that share a memo, without executing anything."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self._memo: list[object] | None = []
        self._strings: list[object] = ["", ""]
        self._top: object = None

    def read(self, stream: IO[bytes], end: int, max_opcodes: int) -> int:
        """Read pickles up to a position in the stream; return the number of opcodes read."""
        self.modules = set()
        bounded = cast("IO[bytes]", _Bounded(stream))
        count = 0
        with contextlib.suppress(ValueError, IndexError):  # a value is too long, or damaged
            while stream.tell() < end and count < max_opcodes:
                for opcode, argument, _ in pickletools.genops(bounded):
                    count += 1
                    self._take(opcode.name, argument)
                    if count >= max_opcodes:
                        break
            if stream.tell() == end:
                return count
        # After a part that was not read, memo indexes are wrong.
        self._memo = None
        return count

    def _take(self, name: str, argument: Any) -> None:
        if name in _STRINGS:
            self._push(argument)
        elif name in _GETS:
            self._push(self._memo[argument] if self._memo is not None else None)
        elif name == "STACK_GLOBAL":
            self._global(*self._strings[-2:])
        elif name == "GLOBAL":
            self._global(*argument.split(" ", 1))
        elif name == "MEMOIZE":
            if self._memo is not None:
                self._memo.append(self._top)
        elif name not in _NO_PUSH:
            self._top = None

    def _push(self, value: object) -> None:
        if self._top == _MODULE_BY_NAME:
            self._note(value)
        if value is None or isinstance(value, str):  # None: an unknown value, maybe a string
            self._strings = [self._strings[-1], value]
        self._top = value

    def _global(self, module: object, name: object) -> None:
        self._note(module)
        self._top = (module, name)

    def _note(self, module: object) -> None:
        if isinstance(module, str):
            self.modules.add(module.partition(".")[0])
