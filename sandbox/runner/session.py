"""Several jobs, one after another, for one namespace."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable, Mapping
from typing import Any

from .fingerprints import fingerprint
from .inputs import MAX_FINGERPRINT_BYTES, quietly

WHOLE_BUFFER_BYTES = 16 << 20
"""Buffers above this count by place and size: writing to one in place isn't noticed."""


class Session:
    """What lives on between the runs of a session."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.runs = 0
        self._given: set[str] = set()
        self._before: dict[str, tuple[object, bytes | None]] = {}

    def begin_run(self, given: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Note what the names of earlier runs are bound to; ``given`` is new in this one."""
        self.runs += 1
        self._given |= set(given)
        self._before = {
            name: (value, _print_of(value))
            for name, value in values.items()
            if name not in given and not issubclass(type(value), types.ModuleType)
        }

    def known(self) -> Iterable[str]:
        """Name what earlier runs left."""
        return self._before.keys()

    def changed(self, values: Mapping[str, Any]) -> list[str]:
        """Name what earlier runs left and this one deleted, rebound, or changed in place."""
        return [name for name in self._before if self._is_changed(name, values)]

    @staticmethod
    def assigned(code: str) -> set[str]:
        """Name what the code assigns, also if the value is equal to the one before."""
        try:
            nodes = list(ast.walk(ast.parse(code)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return set()
        return {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }

    def was_given(self, name: str) -> bool:
        """Whether a name was among the variables of this run or an earlier one."""
        return name in self._given

    def _is_changed(self, name: str, values: Mapping[str, Any]) -> bool:
        if name not in values:
            return True
        before, digest = self._before[name]
        if digest is None:
            return values[name] is not before
        return _print_of(values[name]) != digest


class _TooMuchError(Exception):
    pass


def _print_of(value: object) -> bytes | None:
    """Digest a value; None if that fails, or would take long."""
    if issubclass(type(value), (types.FunctionType, type)):
        return None  # pickled with the names they use, whose changes aren't theirs
    left = MAX_FINGERPRINT_BYTES

    def describe(raw: memoryview) -> bytes | None:
        if raw.nbytes > WHOLE_BUFFER_BYTES:
            return repr((_address(raw), raw.nbytes)).encode()
        return None

    def count(size: int) -> None:
        nonlocal left
        left -= size
        if left < 0:
            raise _TooMuchError

    try:
        with quietly():
            return fingerprint(value, describe, count)
    except BaseException:  # the code's classes may raise anything
        return None


def _address(raw: memoryview) -> int:
    import numpy

    return int(numpy.frombuffer(raw, "u1").ctypes.data)
