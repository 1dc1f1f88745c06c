"""The code's side: answers what the checks ask, with values in the safe encoding or by name.

It shares its process with the code, and is believed as little.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import os
import pickle
import sys
import types
from collections import deque
from typing import Any

from ..encode import encode_value
from ..encoding.reprs import message_of
from ..encoding.writer import NotEncodableError
from ..inputs import Given
from ..shared import frames
from ..shared.limits import PayloadLimits
from ..shared.naming import type_name
from .line import Line
from .operations import OPERATIONS

MAX_COMPARED_BYTES = 8 << 20
"""Bigger variables only count as changed by a call if they are bound to another object."""
_RECORD = b'["rec.'
_MUTABLE = (list, dict, set, bytearray, deque)
_MUTABLE_OF_LIBRARIES = {"numpy": ("ndarray",), "pandas": ("DataFrame", "Series")}
Parts = list[bytes | memoryview]


class Lender:
    """Answers the checks' questions about the variables that the code left."""

    def __init__(
        self, line: Line, namespace: dict[str, Any], given: Given, changed: list[str]
    ) -> None:
        self._line = line
        self._namespace = namespace
        self._given = given
        self._changed = set(changed)
        self._lent: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._sent: dict[str, tuple[int, bytes | None]] = {}
        self._asked = False

    def serve(self) -> None:
        """Answer until the checks have ended."""
        names = [name for name in self._namespace if type(name) is str]
        path = [entry for entry in sys.path if type(entry) is str]
        self._line.send({"type": "begin", "folder": os.getcwd(), "path": path, "names": names})
        while (question := self._line.receive()) is not None:
            self._answer(*question)

    def _answer(self, header: dict[str, Any], body: bytes) -> None:
        if header["type"] == "global":
            self._send_global(header["name"], header["known"])
            return
        self._asked = True
        try:
            arguments, named = _Unpickler(io.BytesIO(body), self).load()
            is_call = header["type"] == "call"
            before = [_digest(argument) if is_call else None for argument in arguments]
            result = OPERATIONS[header["type"]](*arguments, **named)
            changed = [
                position
                for position, digest in enumerate(before)
                if digest is not None and _digest(arguments[position]) != digest
            ]
        except BaseException as error:
            self._send_exception(error)
            return
        self._send(result, changed=changed)
        for position in changed:
            self._send(arguments[position])

    def _send_global(self, name: str, known: bool) -> None:
        if name not in self._namespace:
            self._line.send({"type": "missing"})
        elif name in self._given.values and not self._is_changed(name):
            self._line.send({"type": "given"})
        else:
            self._send_variable(name, self._namespace[name], known)

    def _send_variable(self, name: str, value: object, known: bool) -> None:
        parts = _encoded(value)
        state = id(value), _digest_of(parts)
        if known and self._sent.get(name) == state:
            self._line.send({"type": "same"})
            return
        self._sent[name] = state
        self._send_parts(value, parts, {})

    def _is_changed(self, name: str) -> bool:
        if (
            name not in self._changed
            and self._asked
            and self._given.is_changed(name, self._namespace)
        ):
            self._changed.add(name)
        return name in self._changed

    def _send(self, value: object, **more: Any) -> None:
        self._send_parts(value, _encoded(value), more)

    def _send_parts(self, value: object, parts: Parts | None, more: dict[str, Any]) -> None:
        header = {"type": "value", "value_type": type_name(value), "coded": bool(parts), **more}
        if parts is None or _RECORD in bytes(parts[1]):
            header |= {"number": self._lend(value), **_about(value)}
        self._line.send(header, parts or [])

    def _send_exception(self, error: BaseException) -> None:
        kind = type(error)
        self._line.send(
            {
                "type": "raised",
                "class": self._lend(kind),
                "names": _names_of(kind),
                "message": message_of(error)[:10_000],
            }
        )

    def _lend(self, value: object) -> int:
        """Keep an object for later questions; return its number."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._lent)
            self._lent.append(value)
        return self._numbers[id(value)]

    def returned(self, reference: tuple[str, Any]) -> Any:
        """Return the object that the checks name in their arguments."""
        kind, which = reference
        return self._lent[which] if kind == "lent" else self._given.values[which]


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, lender: Lender) -> None:
        super().__init__(stream)
        self._lender = lender

    def persistent_load(self, reference: Any) -> Any:
        return self._lender.returned(reference)


def _encoded(value: object) -> Parts | None:
    try:
        return encode_value(value, PayloadLimits())
    except NotEncodableError:
        return None


def _digest(value: object) -> bytes | None:
    """Digest what a call may change in place; None for anything else."""
    kinds: tuple[type, ...] = _MUTABLE
    for library, names in _MUTABLE_OF_LIBRARIES.items():
        module = sys.modules.get(library)
        kinds += tuple(getattr(module, name) for name in names) if module else ()
    return _digest_of(_encoded(value)) if type(value) in kinds else None


def _digest_of(parts: Parts | None) -> bytes | None:
    if parts is None or frames.total_bytes(parts) > MAX_COMPARED_BYTES:
        return None
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.digest()


def _names_of(kind: type) -> list[str]:
    return [str(base.__name__) for base in kind.__mro__]


def _library_bases(kind: type) -> list[list[str]]:
    named = [[str(base.__module__), str(base.__qualname__)] for base in kind.__mro__]
    return [base for base in named if base[0] not in ("builtins", "__main__")]


def _about(value: Any) -> dict[str, Any]:
    """Say what an object is, as far as the checks may have one of their own instead."""
    if isinstance(value, types.ModuleType):
        return {"module": value.__name__}
    if inspect.iscoroutine(value):
        return {"coroutine": True}
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    about: dict[str, Any] = {"bases": _library_bases(type(value))}
    if type(module) is str and type(name) is str and callable(value):
        about["origin"] = [module, name]
    if isinstance(value, type) and issubclass(value, BaseException):
        about["exception"] = _names_of(value)
    return about
