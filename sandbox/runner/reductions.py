"""Reductions to pickle for what cloudpickle does not know, the same at both ends."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
import weakref
from collections.abc import Callable
from typing import Any

CachedFunction = type(functools.lru_cache(len))
# Python 3.12 has it.
_TypeAlias: Any = getattr(typing, "TypeAliasType", None)


class _Call:
    """A call made by whoever unpickles it, for what a reduction cannot name."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._parts = function, arguments

    def __reduce__(self) -> Any:
        return self._parts

    def __call__(self) -> None:  # pickle wants what it calls to be callable
        raise TypeError("this is called where it is unpickled")


def is_importable(named: Any) -> bool:
    """Whether a function or a type is found under its own name, and so can go by that."""
    found: Any = sys.modules.get(named.__module__)
    for name in getattr(named, "__qualname__", named.__name__).split("."):
        found = getattr(found, name, None)
    return found is named


def _cached_function(cached: Any) -> Any:
    # Its cache stays behind.
    parameters = cached.cache_parameters()
    decorate = _Call(functools.lru_cache, parameters["maxsize"], parameters["typed"])
    return decorate, (cached.__wrapped__,)


def _cached_property(one: functools.cached_property[Any]) -> Any:
    # Without the lock it has in Python 3.11.
    return functools.cached_property, (one.func,), {"attrname": one.attrname}


def _new_type(one: Any) -> Any:
    return typing.NewType, (one.__name__, one.__supertype__), {"__module__": one.__module__}


def _type_parameter(one: Any) -> Any:
    options = {
        name: getattr(one, f"__{name}__")
        for name in ("bound", "covariant", "contravariant", "infer_variance")
        if getattr(one, f"__{name}__", None)
    }
    if getattr(one, "has_default", bool)():  # from Python 3.13 on
        options["default"] = one.__default__
    kind: Callable[..., Any] = type(one)
    return functools.partial(kind, **options), (one.__name__,)


def _type_alias(one: Any) -> Any:
    kind: Callable[..., Any] = type(one)
    make = functools.partial(kind, type_params=one.__type_params__)
    return make, (one.__name__, one.__value__)


NAMED_REDUCERS: dict[type, Callable[[Any], Any]] = {
    CachedFunction: _cached_function,
    typing.NewType: _new_type,
    typing.ParamSpec: _type_parameter,
    typing.TypeVarTuple: _type_parameter,
    **({_TypeAlias: _type_alias} if _TypeAlias else {}),
}
"""For what goes by its name if the other side has it by that."""

REDUCERS: dict[type, Callable[[Any], Any]] = {
    typing.ParamSpecArgs: lambda one: (typing.ParamSpecArgs, (one.__origin__,)),
    typing.ParamSpecKwargs: lambda one: (typing.ParamSpecKwargs, (one.__origin__,)),
    functools.cached_property: _cached_property,
    types.MappingProxyType: lambda proxy: (types.MappingProxyType, (dict(proxy),)),
    weakref.WeakKeyDictionary: lambda weak: (weakref.WeakKeyDictionary, (dict(weak),)),
    weakref.WeakValueDictionary: lambda weak: (weakref.WeakValueDictionary, (dict(weak),)),
    weakref.WeakSet: lambda weak: (weakref.WeakSet, (list(weak),)),
    type(dataclasses.MISSING): lambda _: (getattr, (dataclasses, "MISSING")),
}
