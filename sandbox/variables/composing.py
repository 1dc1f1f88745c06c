"""Puts stored variables together: earlier ones, results of runs, and new ones. No value is copied.

The new stream is a short pickle for each variable. Where the values are, it refers to: earlier
streams and payloads are among the new bundle's buffers, which a container maps.
"""

from __future__ import annotations

import importlib
import io
import operator
import pickle
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sandbox.variables.bundle import (
    PickledVariable,
    StoredBuffer,
    StoredResult,
    VariableBundle,
)
from sandbox.variables.store import VariableStore

DECODERS = "_codegen_agent_runner.shared.decode"
"""The module in the container that decodes payloads."""

Part = VariableBundle | StoredResult


def parts_of(bundle: VariableBundle) -> tuple[Part, ...]:
    """Return what a bundle was put together from; itself if it was pickled as a whole."""
    return bundle.parts or ((bundle,) if bundle.variables else ())


def composed(parts: Sequence[Part], store: VariableStore) -> VariableBundle:
    """Put parts together; of two variables with the same name, the later one counts.

    A part none of whose variables counts is left out.

    Raises:
        VariableStoreError: the store can't be written.
    """
    kept = visible(parts)
    if len(kept) == 1 and isinstance(kept[0], VariableBundle):
        return kept[0]
    stream = _Stream()
    for part in kept:
        if isinstance(part, StoredResult):
            stream.add_result(part)
        else:
            stream.add_bundle(part)
    ours = "{}.{}".format(*sys.version_info)
    pythons = [part.python for part in kept if isinstance(part, VariableBundle)]
    return VariableBundle(
        python=next((python for python in pythons if python != ours), ours),
        pickle=store.put(stream.content()),
        variables=tuple(stream.variables),
        buffers=tuple(stream.buffers),
        files=tuple(file for part in _bundles(kept) for file in part.files),
        parts=tuple(kept),
    )


def visible(parts: Iterable[Part], replaced: Iterable[str] = ()) -> list[Part]:
    """Return the parts that have a variable which no later part replaces.

    ``replaced``: names of what comes after all of them.
    """
    kept: list[Part] = []
    taken = set(replaced)
    for part in reversed(list(parts)):
        names = set(names_of(part))
        if names - taken:
            kept.append(part)
        taken |= names
    return kept[::-1]


def names_of(part: Part) -> list[str]:
    """Name a part's variables."""
    if isinstance(part, StoredResult):
        return [part.name]
    return [variable.name for variable in part.variables]


def _bundles(parts: Iterable[Part]) -> Iterator[VariableBundle]:
    return (part for part in parts if isinstance(part, VariableBundle))


class _Reduced:
    """Stands for what calling a function with these arguments returns, in the container."""

    def __init__(self, function: object, *arguments: object) -> None:
        self._reduced = (function, arguments)

    def __reduce__(self) -> Any:
        return self._reduced


class _Stream:
    """Pickles of one pickler: what several of them refer to is loaded once."""

    def __init__(self) -> None:
        self.variables: list[PickledVariable] = []
        self.buffers: list[StoredBuffer] = []
        self._stream = io.BytesIO()
        self._pickler = pickle.Pickler(self._stream, 5, buffer_callback=lambda _: False)
        self._alive: list[object] = []
        """The pickler knows objects by their addresses."""

    def content(self) -> bytes:
        return self._stream.getvalue()

    def add_result(self, result: StoredResult) -> None:
        # The decoded value shares no memory with the buffer: it isn't the variable's.
        at = len(self.buffers) + 1
        entry = PickledVariable(result.name, result.bytes, (at, at), modules=result.modules)
        self.variables.append(entry)
        buffer = StoredBuffer(result.sha256, result.bytes, readonly=True)
        decode = operator.methodcaller("decode_payload", self._buffer(buffer))
        self._dump(_Reduced(decode, _Reduced(importlib.import_module, DECODERS)))

    def add_bundle(self, bundle: VariableBundle) -> None:
        """Add a pickle for each of an earlier stream's, each of which loads the next one there."""
        first = len(self.buffers)
        views = [self._buffer(buffer) for buffer in bundle.buffers]
        pickled_bytes = sum(variable.bytes for variable in bundle.variables)
        pickled = StoredBuffer(bundle.pickle, pickled_bytes, readonly=True)
        file = _Reduced(io.BytesIO, self._buffer(pickled))
        unpickler = _Reduced(partial(pickle.Unpickler, buffers=views), file)
        for variable in bundle.variables:
            start, end = (first + index for index in variable.buffers)
            self.variables.append(replace(variable, buffers=(start, end)))
            for _ in range(1 + variable.module_sets):
                self._dump(_Reduced(operator.methodcaller("load"), unpickler))

    def _buffer(self, buffer: StoredBuffer) -> pickle.PickleBuffer:
        self.buffers.append(buffer)
        # Only that it is a buffer matters: the container gives it the blob's bytes.
        return pickle.PickleBuffer(b"" if buffer.readonly else bytearray())

    def _dump(self, value: object) -> None:
        self._alive.append(value)
        self._pickler.dump(value)
