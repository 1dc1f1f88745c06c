"""Digests of values: the same before and after a value was merely read."""

from __future__ import annotations

import functools
import hashlib
import io
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle

from .encode import encode_value
from .reductions import NAMED_REDUCERS, REDUCERS, is_importable

PROTOCOL = 5
_CACHES = {
    # Filled when an attribute is first asked for; marks of copy-on-write.
    "pandas": frozenset({"_cache", "_readonly"}),
    # Filled when a matrix is first asked whether it is sorted.
    "scipy": frozenset({"_has_sorted_indices", "_has_canonical_format"}),
}


def fingerprint(value: object, describe: Callable[[memoryview], bytes | None]) -> bytes:
    """Digest a value.

    ``describe(buffer)`` may give something that stands for a big buffer's bytes.

    Raises:
        Exception: the value does not pickle.
    """
    digest = hashlib.blake2b(digest_size=16)

    def on_buffer(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        digest.update(describe(raw) or raw)
        return False

    sink = _Sink(digest.update)
    _StatePickler(sink, protocol=PROTOCOL, buffer_callback=on_buffer).dump(value)
    return digest.digest()


class _StatePickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """Pickles what a value is, without what reading it left behind."""

    def reducer_override(self, obj: Any) -> Any:
        """Reduce as cloudpickle does, less the caches."""
        if type(obj) in REDUCERS:
            return REDUCERS[type(obj)](obj)
        if type(obj) in NAMED_REDUCERS and not is_importable(obj):
            return NAMED_REDUCERS[type(obj)](obj)
        reduced = super().reducer_override(obj)
        if isinstance(obj, type):
            return _stripped(reduced, _caches_of_class(obj))
        if reduced is not NotImplemented:
            return reduced
        if type(obj).__module__.startswith("polars."):
            return _encoded(obj)
        caches = _caches(type(obj))  # type: ignore[arg-type]  # a class, which has a hash
        return _stripped(obj.__reduce_ex__(PROTOCOL), caches) if caches else NotImplemented


class _Sink(io.RawIOBase):
    """A file that hands what is written to a function and keeps nothing."""

    def __init__(self, consume: Callable[[bytes], object]) -> None:
        self._consume = consume

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._consume(data)
        return len(data)


def _encoded(value: object) -> Any:
    """Reduce to a digest of the safe encoding: polars' pickles tell if it was found sorted."""
    try:
        parts = encode_value(value)
    except Exception:  # what has no encoding is pickled
        return NotImplemented
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return bytes, (digest.digest(),)


@functools.cache
def _caches(kind: Any) -> frozenset[str]:
    """Name the attributes of a class's instances that hold what was computed from others."""
    library = _CACHES.get(str(kind.__module__).partition(".")[0], frozenset())
    return library | {
        name
        for base in kind.__mro__
        for name, one in vars(base).items()
        if isinstance(one, functools.cached_property)
    }


def _caches_of_class(kind: type) -> frozenset[str]:
    """Name the attributes that a class gets when it is pickled or asked for annotations."""
    has_annotations = bool(vars(kind).get("__annotations__"))
    return frozenset({"__slotnames__"} if has_annotations else {"__slotnames__", "__annotations__"})


def _stripped(reduced: Any, names: frozenset[str]) -> Any:
    """Take ``names`` out of the state of a reduction."""
    if not isinstance(reduced, tuple) or len(reduced) < 3:
        return reduced
    return (*reduced[:2], _without(reduced[2], names), *reduced[3:])


def _without(state: object, names: frozenset[str]) -> object:
    """Take ``names`` out of a state; one left empty is as good as none."""
    if isinstance(state, dict):
        return {name: one for name, one in state.items() if name not in names} or None
    if isinstance(state, tuple):  # as pandas' arrays of dates have it
        parts = (_without(part, names) if isinstance(part, dict) else part for part in state)
        return tuple(part for part in parts if part is not None)
    return state
