"""Objects that stay in the code's process, as the checks see them.

The code's answers are its results, like the values it left. What it may not do is compare:
a result is compared with what the checks expect here, never by a method of the code.
"""

from __future__ import annotations

import operator
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

from .operations import BINARY, COMPARISONS

_COMPARING = frozenset({
    "equals", "equal", "__eq__", "issubset", "issuperset", "isdisjoint", "startswith", "endswith",
    "isclose", "allclose",
})  # fmt: skip
"""Methods that get the expected value and say whether it is right."""
_DUNDERS = frozenset({
    "__name__", "__qualname__", "__dict__", "__annotations__", "__wrapped__", "__self__",
    "__func__", "__code__", "__defaults__", "__kwdefaults__",
})  # fmt: skip
"""Others may have a meaning here: NumPy reads the memory that an ``__array_interface__`` names."""


_CONTAINERS = {kind.__name__: kind for kind in (list, tuple, dict, set, frozenset)}


class Askable(Protocol):
    """Where questions about a proxy go."""

    def apply(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """Do something in the code's process; return or raise what it does."""

    def attribute(self, proxy: Any, name: str) -> Any:
        """Read an attribute in the code's process."""


class Proxy:
    """An object of the code.

    ``_snapshot``: its value in the safe encoding, in a tuple, or (). ``_bases``: the classes of
    libraries that its class is or has as a base.
    """

    __slots__ = ("_asked", "_bases", "_kind", "_number", "_snapshot")
    __iter__: Callable[[Proxy], Iterator[Any]]

    def __init__(
        self, asked: Askable, number: int, kind: str, snapshot: tuple[Any, ...], bases: object
    ) -> None:
        own = {"asked": asked, "number": number, "kind": kind, "snapshot": snapshot, "bases": bases}
        for name, value in own.items():
            object.__setattr__(self, f"_{name}", value)

    @property  # type: ignore[misc]  # isinstance() asks for it
    def __class__(self) -> Any:
        return _apparent_class(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _DUNDERS:  # NumPy and copy ask for many
            raise AttributeError(name)
        if name in _COMPARING:
            return _Comparison(self, name)
        return self._asked.attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._asked.apply("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._asked.apply("delattr", self, name)

    def __hash__(self) -> int:
        return hash(("lent", self._number))

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it in the code's process."""
        return self._asked.apply("call", self, *arguments, **named)

    def __contains__(self, item: Any) -> bool:
        if self._snapshot:
            return item in self._snapshot[0]
        return any(found is item or found == item for found in self)

    def __instancecheck__(self, instance: Any) -> Any:
        return self._asked.apply("isinstance", instance, self)

    def __subclasscheck__(self, kind: Any) -> Any:
        return self._asked.apply("issubclass", kind, self)

    def __format__(self, specification: str) -> str:
        return str(self._asked.apply("format", self, specification))

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Show NumPy the value in the safe encoding, never what the code makes of the object."""
        if not self._snapshot:
            refuse(self, "NumPy")
        return sys.modules["numpy"].asarray(self._snapshot[0])

    def __deepcopy__(self, _: Any) -> Any:
        return self._asked.apply("deepcopy", self)

    def __exit__(self, *error: object) -> Any:
        return self._asked.apply("exit", self, None, None, None)


def _apparent_class(proxy: Proxy) -> type:
    held = type(proxy._snapshot[0]) if proxy._snapshot else object
    if held in _CONTAINERS.values():
        return held
    if proxy._kind in _CONTAINERS:
        return _CONTAINERS[proxy._kind]
    if proxy._kind == "function":
        return types.FunctionType
    for base in proxy._bases if isinstance(proxy._bases, list) else ():
        module, name = base
        kind = getattr(sys.modules.get(str(module)), str(name), None)
        if isinstance(kind, type):
            return kind
    return Proxy


class _Comparison:
    """A method that compares: it may only be given another object of the code."""

    def __init__(self, proxy: Proxy, name: str) -> None:
        self._proxy = proxy
        self._name = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the method if it can't learn what the checks expect."""
        if not all(is_proxy(argument) for argument in (*arguments, *named.values())):
            refuse(self._proxy, f".{self._name}()")
        return self._proxy._asked.attribute(self._proxy, self._name)(*arguments, **named)


def is_proxy(value: object) -> bool:
    """Whether a value is a proxy; it may claim another class."""
    return issubclass(type(value), Proxy)


def refuse(proxy: Proxy, how: str) -> NoReturn:
    """Raise the sentence about a comparison that would be the code's own word."""
    raise TypeError(
        f"the checks can't use {how} on {proxy._kind!r}, an object without a safe encoding: the"
        " code would decide the result. Compare what it holds or returns, or make it a plain value"
    )


def _plain(value: Any) -> Any:
    """Put the values in the safe encoding where a container has proxies."""
    if is_proxy(value):
        return value._snapshot[0] if value._snapshot else value
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(_plain, value))
    if type(value) is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def _comparing(name: str) -> Callable[[Proxy, Any], Any]:
    compare = getattr(operator, name)

    def method(self: Proxy, other: Any) -> Any:
        if is_proxy(other) and other._number == self._number:
            return compare(0, 0)
        if other is None and name in ("eq", "ne"):
            return name == "ne"
        both = (*self._snapshot, *(other._snapshot if is_proxy(other) else (_plain(other),)))
        if self._snapshot and len(both) == 2:
            return compare(*both)
        if is_proxy(other):
            return self._asked.apply(name, self, other)
        refuse(self, f"a comparison ({name})")

    return method


def _combining(name: str, *, swapped: bool) -> Callable[[Proxy, Any], Any]:
    def method(self: Proxy, other: Any) -> Any:
        operands = (other, self) if swapped else (self, other)
        result = self._asked.apply(name, *operands)
        if not is_proxy(result) and not is_proxy(other):
            refuse(self, f"an operator ({name})")
        return result

    return method


def _applying(name: str) -> Callable[..., Any]:
    def method(self: Proxy, *arguments: Any) -> Any:
        return self._asked.apply(name, self, *arguments)

    return method


def _iterating(self: Proxy) -> Iterator[Any]:
    iterator = self._asked.apply("iter", self)
    return iterator if is_proxy(iterator) else iter(iterator)


for _name in COMPARISONS:
    setattr(Proxy, f"__{_name}__", _comparing(_name))
for _name in BINARY:
    _bare = _name.rstrip("_")
    setattr(Proxy, f"__{_bare}__", _combining(_name, swapped=False))
    setattr(Proxy, f"__r{_bare}__", _combining(_name, swapped=True))
for _name in (
    "bool", "int", "float", "complex", "index", "str", "repr", "len", "next", "reversed", "round",
    "abs", "neg", "pos", "dir", "getitem", "setitem", "delitem", "enter", "copy",
):  # fmt: skip
    setattr(Proxy, f"__{_name}__", _applying(_name))
Proxy.__iter__ = _iterating
