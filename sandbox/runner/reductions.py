"""Reductions to pickle for what cloudpickle does not know, the same at both ends."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

CachedFunction = type(functools.lru_cache(len))


class _Call:
    """A call made by whoever unpickles it, for what a reduction cannot name."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._parts = function, arguments

    def __reduce__(self) -> Any:
        return self._parts

    def __call__(self) -> None:  # pickle wants what it calls to be callable
        raise TypeError("this is called where it is unpickled")


def is_importable(function: Any) -> bool:
    """Whether a function is found under its own name, and so can go by that."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def reduce_cached_function(cached: Any) -> Any:
    """Reduce a function of ``functools.lru_cache`` to one with an empty cache."""
    parameters = cached.cache_parameters()
    decorate = _Call(functools.lru_cache, parameters["maxsize"], parameters["typed"])
    return decorate, (cached.__wrapped__,)


def _cached_property(one: functools.cached_property[Any]) -> Any:
    # Without the lock it has in Python 3.11.
    return functools.cached_property, (one.func,), {"attrname": one.attrname}


REDUCERS: dict[type, Callable[[Any], Any]] = {
    functools.cached_property: _cached_property,
    types.MappingProxyType: lambda proxy: (types.MappingProxyType, (dict(proxy),)),
    weakref.WeakKeyDictionary: lambda weak: (weakref.WeakKeyDictionary, (dict(weak),)),
    weakref.WeakValueDictionary: lambda weak: (weakref.WeakValueDictionary, (dict(weak),)),
    weakref.WeakSet: lambda weak: (weakref.WeakSet, (list(weak),)),
    type(dataclasses.MISSING): lambda _: (getattr, (dataclasses, "MISSING")),
}
