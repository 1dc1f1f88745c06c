"""How to pickle what cloudpickle doesn't know, the same at both ends."""

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
# Since Python 3.12.
_TypeAlias: Any = getattr(typing, "TypeAliasType", None)


class _Call:
    """A call made while unpickling, for what a reduction can't name."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._parts = function, arguments

    def __reduce__(self) -> Any:
        return self._parts

    def __call__(self) -> None:  # pickle only accepts callables
        raise TypeError("called only while unpickling")


def is_importable(named: Any) -> bool:
    """Whether a function or a type is found under its own name, and so can be pickled by it."""
    found: Any = sys.modules.get(named.__module__)
    for name in getattr(named, "__qualname__", named.__name__).split("."):
        found = getattr(found, name, None)
    return found is named


def _cached_function(cached: Any) -> Any:
    # Its cache stays behind.
    parameters = cached.cache_parameters()
    decorate = _Call(functools.lru_cache, parameters["maxsize"], parameters["typed"])
    return decorate, (cached.__wrapped__,)


def _cached_property(cached: functools.cached_property[Any]) -> Any:
    # Without its lock, which Python 3.11 has.
    return functools.cached_property, (cached.func,), {"attrname": cached.attrname}


def _new_type(kind: Any) -> Any:
    return typing.NewType, (kind.__name__, kind.__supertype__), {"__module__": kind.__module__}


def _type_parameter(parameter: Any) -> Any:
    options = {
        name: getattr(parameter, f"__{name}__")
        for name in ("bound", "covariant", "contravariant", "infer_variance")
        if getattr(parameter, f"__{name}__", None)
    }
    if getattr(parameter, "has_default", bool)():  # since Python 3.13
        options["default"] = parameter.__default__
    kind: Callable[..., Any] = type(parameter)
    return functools.partial(kind, **options), (parameter.__name__,)


def _type_alias(alias: Any) -> Any:
    kind: Callable[..., Any] = type(alias)
    make = functools.partial(kind, type_params=alias.__type_params__)
    return make, (alias.__name__, alias.__value__)


NAMED_REDUCERS: dict[type, Callable[[Any], Any]] = {
    CachedFunction: _cached_function,
    typing.NewType: _new_type,
    typing.ParamSpec: _type_parameter,
    typing.TypeVarTuple: _type_parameter,
    **({_TypeAlias: _type_alias} if _TypeAlias else {}),
}
"""For what is pickled by its name if the other side can import it."""

REDUCERS: dict[type, Callable[[Any], Any]] = {
    typing.ParamSpecArgs: lambda args: (typing.ParamSpecArgs, (args.__origin__,)),
    typing.ParamSpecKwargs: lambda kwargs: (typing.ParamSpecKwargs, (kwargs.__origin__,)),
    functools.cached_property: _cached_property,
    types.MappingProxyType: lambda proxy: (types.MappingProxyType, (dict(proxy),)),
    weakref.WeakKeyDictionary: lambda weak: (weakref.WeakKeyDictionary, (dict(weak),)),
    weakref.WeakValueDictionary: lambda weak: (weakref.WeakValueDictionary, (dict(weak),)),
    weakref.WeakSet: lambda weak: (weakref.WeakSet, (list(weak),)),
    type(dataclasses.MISSING): lambda _: (getattr, (dataclasses, "MISSING")),
}
