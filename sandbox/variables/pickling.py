"""Inward: values to pickle protocol 5, the user's own code by value, big buffers kept apart.

Pickle is safe in this direction: the container is ours, and so is the data. Nothing from the
container is ever unpickled.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import cloudpickle

from sandbox.errors import VariableError
from sandbox.runner.shared.naming import type_name, with_article
from sandbox.runner.shared.reductions import NAMED_REDUCERS, REDUCERS, is_importable
from sandbox.variables.bundle import PickledVariable
from sandbox.variables.local_modules import ModuleNeeds, is_local, pickled_by_value
from sandbox.variables.named_files import NamedFiles
from sandbox.variables.needed_modules import needed_modules

PROTOCOL = 5
OUT_OF_BAND_BYTES = 1 << 16
"""Buffers of this size or more go to files of their own, which the container maps."""
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class PickledVariables:
    """One stream for all variables, so that objects they share stay shared.

    ``unsendable`` maps each name that was left out to the reason.
    """

    stream: bytes
    buffers: list[memoryview]
    variables: list[PickledVariable]
    unsendable: dict[str, str]


def pickle_variables(
    values: Mapping[str, Any], files: NamedFiles | None = None
) -> PickledVariables:
    """Pickle ``values`` in order; leave out what can't be pickled, with its reason.

    ``files``: files sent along; None: none, and paths stay as they are.
    """
    files = files or NamedFiles({})
    unsendable: dict[str, str] = {}
    needs = ModuleNeeds()
    with pickled_by_value():
        while True:
            left_out = len(unsendable)
            remaining = {name: values[name] for name in values if name not in unsendable}
            pickled = _Attempt(needs, files, unsendable).dump_all(remaining)
            if pickled is not None:
                return pickled
            if len(unsendable) > left_out:  # forget what only the failed value needed
                needs = ModuleNeeds()


class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """A pickler whose stream loads where the user's modules don't exist.

    ``needs``: what to send of local modules; it grows while pickling. ``files``: files whose
    paths are replaced by their paths in the container. ``reached``: the local modules found.
    ``sent``: what was sent of each, perhaps before all its needs were known.
    """

    def __init__(
        self,
        stream: IO[bytes],
        buffer_callback: Callable[[pickle.PickleBuffer], bool],
        needs: ModuleNeeds,
        files: NamedFiles,
    ) -> None:
        super().__init__(stream, protocol=PROTOCOL, buffer_callback=buffer_callback)
        self._needs = needs
        self._files = files
        self.reached: set[str] = set()
        self.sent: dict[str, set[str]] = {}

    def dump(self, obj: Any) -> None:
        """Pickle one value; if it is a module, all of it."""
        if isinstance(obj, types.ModuleType) and is_local(obj):
            self.reached |= self._needs.note_all(obj)
        super().dump(obj)

    def reducer_override(self, obj: Any) -> Any:
        """Reduce modules and what cloudpickle doesn't know; leave the rest to it."""
        kind = type(obj)
        if kind is types.FunctionType:
            self.reached |= self._needs.note(obj.__code__, obj.__globals__)
        elif kind is types.ModuleType and is_local(obj):
            return self._module(obj)
        elif kind in NAMED_REDUCERS and _goes_by_value(obj):
            return NAMED_REDUCERS[kind](obj)
        elif kind in REDUCERS:
            return REDUCERS[kind](obj)
        elif isinstance(obj, Path) and (inside := self._files.path_inside(obj)):
            return (Path if kind is type(Path()) else kind), (inside,)
        return super().reducer_override(obj)

    def _module(self, module: types.ModuleType) -> Any:
        # The module comes first, then its state: modules may refer to each other.
        if module.__name__ not in self.reached:
            self.reached |= self._needs.note_all(module)
        names = self._needs.attributes[module.__name__]
        self.sent[module.__name__] = set(names)
        content = vars(module)
        kept = {"__name__", "__package__", "__file__"} | names
        return (
            types.ModuleType,
            (module.__name__, module.__doc__),
            {name: content[name] for name in content if name in kept},
        )


class _Attempt:
    """One attempt to pickle all; another is needed if a value fails or modules need more.

    A failed dump leaves half-written entries in the pickler's memo.
    """

    def __init__(self, needs: ModuleNeeds, files: NamedFiles, unsendable: dict[str, str]) -> None:
        self._needs = needs
        self._unsendable = unsendable
        self._stream = io.BytesIO()
        self._buffers: list[memoryview] = []
        self._pickler = ByValuePickler(self._stream, self._keep_in_band, needs, files)
        self._followed: set[str] = set()

    def dump_all(self, values: Mapping[str, Any]) -> PickledVariables | None:
        """Pickle ``values``; None: another attempt is needed."""
        variables = []
        for name, value in values.items():
            start, first = self._stream.tell(), len(self._buffers)
            try:
                self._pickler.dump(value)
                module_sets = self._dump_modules()
            except KeyboardInterrupt:
                raise
            except MemoryError as error:  # not the value's fault: skipping it would hide that
                kind = with_article(type_name(value))
                raise VariableError(
                    f"cannot send {name!r}: there isn't enough memory to copy {kind} of its size;"
                    " send part of it, or free memory"
                ) from error
            except BaseException as error:  # also SystemExit from a __reduce__, and Rust's panics
                self._unsendable[name] = _why(value, error)
                return None
            pickled_bytes = self._stream.tell() - start
            buffers = (first, len(self._buffers))
            variables.append(PickledVariable(name, pickled_bytes, buffers, module_sets))
        if any(self._needs.attributes[name] != sent for name, sent in self._pickler.sent.items()):
            return None
        stream = self._stream.getvalue()
        modules = needed_modules(io.BytesIO(stream), variables)
        variables = [replace(entry, modules=modules[entry.name]) for entry in variables]
        return PickledVariables(stream, self._buffers, variables, self._unsendable)

    def _dump_modules(self) -> int:
        """Pickle the local modules a value reached after it; return in how many sets."""
        sets = 0
        while new := self._pickler.reached - self._followed:
            self._pickler.dump({name: sys.modules[name] for name in sorted(new)})
            self._followed |= new
            sets += 1
        return sets

    def _keep_in_band(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < OUT_OF_BAND_BYTES:
            return True
        self._buffers.append(raw)
        return False


def _goes_by_value(named: Any) -> bool:
    module = sys.modules.get(named.__module__)
    return named.__module__ == "__main__" or is_local(module) or not is_importable(named)


def _why(value: object, error: BaseException) -> str:
    """Say in one bounded line why a value can't be sent, even if its class raises when asked."""
    kind = with_article(type_name(value))
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return f"{kind} cannot be pickled (it is nested too deeply)"
    return f"{kind} cannot be pickled ({_text(error) or type_name(error)})"


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # its __str__ raises
        return ""
    printable = "".join(char if char.isprintable() else " " for char in text[:10_000])
    return " ".join(printable.split())[:MAX_REASON_CHARS]
