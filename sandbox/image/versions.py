"""The modules that variables need in the image, read from their pickles before a run."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import pickletools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

from sandbox.image.requirements import (
    distribution_names,
    host_version,
    normalize,
    shipped_pins,
)
from sandbox.variables.bundle import PickledVariable

MAX_OPCODES = 20_000
"""Read of each variable: names of modules come early in a pickle, bulk data later."""
MAX_ALL_OPCODES = 100_000
MAX_VALUE_BYTES = 1 << 20
_STRINGS = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_GETS = frozenset({"BINGET", "LONG_BINGET"})
_NO_PUSH = frozenset({"PROTO", "FRAME", "MEMOIZE", "MARK"})
_MODULE_BY_NAME = ("cloudpickle.cloudpickle", "subimport")
_EVERYWHERE = frozenset({"__main__", *sys.stdlib_module_names})


@dataclass(frozen=True, slots=True)
class MissingLibrary:
    """A variable needs a module of a distribution that the image doesn't have."""

    variable: str
    module: str
    distribution: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A library whose version here differs from the image's."""

    distribution: str
    here: str
    inside: str

    @property
    def matters(self) -> bool:
        """Whether pickles may not load: the major or the minor version differs."""
        return self.here.split(".")[:2] != self.inside.split(".")[:2]

    def __str__(self) -> str:
        return f"{self.distribution} {self.here} here, {self.inside} in the image"


class Comparison:
    """Compares this host's libraries with those of an image."""

    def __init__(self, inside: Mapping[str, str]) -> None:
        """Take the image's distributions, name → version; empty if it has no such label."""
        self._inside = inside

    def missing(self, needed: Mapping[str, frozenset[str]]) -> list[MissingLibrary]:
        """List the libraries that a variable needs and the image doesn't have."""
        found = []
        for variable, modules in needed.items():
            for module in sorted(modules):
                distribution = self._distribution(module)
                if distribution is not None and distribution not in self._inside:
                    found.append(MissingLibrary(variable, module, distribution))
        return found

    def differences(self, needed: Mapping[str, frozenset[str]] | None = None) -> list[Difference]:
        """List libraries with different versions: the needed ones, or all that hold values."""
        if needed is None:
            names = set(self._inside) - {pin.name for pin in shipped_pins() if pin.inner}
        else:
            modules = frozenset().union(*needed.values())
            known = map(self._distribution, modules)
            names = {name for name in known if name is not None and name in self._inside}
        pairs = [(name, host_version(name), self._inside[name]) for name in sorted(names)]
        return [
            Difference(name, here, inside)
            for name, here, inside in pairs
            if here is not None and here != inside
        ]

    def _distribution(self, module: str) -> str | None:
        """Name the distribution of a top-level module; None if it is unknown or always there."""
        if module in _EVERYWHERE or not self._inside:
            return None
        by_name = next((name for name in distribution_names(module) if name in self._inside), None)
        if by_name is not None:
            return by_name
        names = [normalize(name) for name in self._installed.get(module, ())]
        return next((name for name in names if name in self._inside), names[0] if names else None)

    @functools.cached_property
    def _installed(self) -> Mapping[str, Sequence[str]]:
        return importlib.metadata.packages_distributions()


def needed_modules(
    stream: IO[bytes], variables: Sequence[PickledVariable]
) -> dict[str, frozenset[str]]:
    """Name the top-level modules that each variable's pickle refers to.

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
        needed[entry.name] = frozenset(scan.modules)
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
