"""Digests of values that stay the same when a value is only read."""

from __future__ import annotations

import functools
import hashlib
import pickle
import types
from collections.abc import Callable
from typing import Any

import cloudpickle

from .encode import encode_value
from .shared.reductions import NAMED_REDUCERS, REDUCERS, is_importable

PROTOCOL = 5
_CACHES = {
    # Filled when an attribute is first read; copy-on-write marks.
    "pandas": frozenset({"_cache", "_readonly"}),
    # Filled when a matrix is first checked for being sorted.
    "scipy": frozenset({"_has_sorted_indices", "_has_canonical_format"}),
}


def fingerprint(
    value: object,
    describe: Callable[[memoryview], bytes | None],
    count: Callable[[int], None] = lambda _: None,
) -> bytes:
    """Digest a value.

    ``describe(buffer)`` may return something that stands for a big buffer's bytes.
    ``count`` is told how much is digested, and may raise.

    Raises:
        Exception: the value can't be pickled.
    """
    digest = hashlib.blake2b(digest_size=16)

    def on_buffer(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        update(describe(raw) or raw)
        return False

    def update(data: Any) -> None:
        count(memoryview(data).nbytes)
        digest.update(data)

    sink = types.SimpleNamespace(write=update)
    _StatePickler(sink, protocol=PROTOCOL, buffer_callback=on_buffer).dump(value)
    return digest.digest()


class _StatePickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """Pickles a value without the caches that reading it fills."""

    def reducer_override(self, obj: Any) -> Any:
        """Reduce as cloudpickle does, without the caches."""
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


def _encoded(value: object) -> Any:
    """Reduce to a digest of the safe encoding: polars' pickles include whether it is sorted."""
    try:
        parts = encode_value(value)
    except Exception:  # a value without an encoding is pickled
        return NotImplemented
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return bytes, (digest.digest(),)


@functools.cache
def _caches(kind: Any) -> frozenset[str]:
    """Return the names of instance attributes that cache values computed from others."""
    library = _CACHES.get(str(kind.__module__).partition(".")[0], frozenset())
    return library | {
        name
        for base in kind.__mro__
        for name, attribute in vars(base).items()
        if isinstance(attribute, functools.cached_property)
    }


def _caches_of_class(kind: type) -> frozenset[str]:
    """Return the names of attributes that pickling or reading annotations adds to a class."""
    has_annotations = bool(vars(kind).get("__annotations__"))
    return frozenset({"__slotnames__"} if has_annotations else {"__slotnames__", "__annotations__"})


def _stripped(reduced: Any, names: frozenset[str]) -> Any:
    """Remove ``names`` from the state of a reduction."""
    if not isinstance(reduced, tuple) or len(reduced) < 3:
        return reduced
    return (*reduced[:2], _without(reduced[2], names), *reduced[3:])


def _without(state: object, names: frozenset[str]) -> object:
    """Remove ``names`` from a state; an empty one becomes None."""
    if isinstance(state, dict):
        return {name: value for name, value in state.items() if name not in names} or None
    if isinstance(state, tuple):  # as in pandas' arrays of dates
        parts = (_without(part, names) if isinstance(part, dict) else part for part in state)
        return tuple(part for part in parts if part is not None)
    return state
