"""Functions, classes and modules: what code can be called with, not what it holds."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from graph_agent.summaries.record import Description, View
from graph_agent.summaries.text import class_name, clip, listing, short_repr, type_name

__all__ = ["describe_callable", "doc_lines", "public_methods"]

_MAX_DOC_LINES = 3
_MAX_NAMES = 25
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    functools.partial,
)


class _Default:
    """Stands in a signature for a default, with the repr it is to have there."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def describe_callable(value: object, view: View) -> Description | None:
    """Describe a function, class or module, None if it is none."""
    kind = type(value)
    if issubclass(kind, type):
        return _describe_class(value, view)
    if issubclass(kind, types.ModuleType):
        return _describe_module(value)
    if issubclass(kind, functools.partial):
        return _describe_partial(value, view)
    if issubclass(kind, _FUNCTIONS):
        headline = f"{type_name(value)} {_name(value)}{_signature(value, view)}"
        return Description(headline, doc_lines(value))
    return None


def _describe_partial(value: Any, view: View) -> Description:
    bound = [f"{len(value.args)} positional", *value.keywords]
    headline = f"functools.partial of {_name(value.func)}, call as {_signature(value, view)}"
    return Description(headline, [f"bound arguments: {listing(bound, 10)}", *doc_lines(value.func)])


def _describe_class(cls: Any, view: View) -> Description:
    bases = [class_name(base) for base in cls.__bases__ if base is not object]
    of = f" (of {listing(bases, 4)})" if bases else ""
    lines = doc_lines(cls)
    if methods := public_methods(cls):
        lines.append(f"has: {listing(methods, _MAX_NAMES)}")
    return Description(f"class {class_name(cls)}{_signature(cls, view)}{of}", lines)


def _describe_module(module: Any) -> Description:
    # The dictionary itself: a module's __getattr__ may import whole packages.
    names = vars(module)
    version = names.get("__version__")
    headline = f"module {names.get('__name__')}"
    if isinstance(version, str):
        headline += f" {clip(version, 30)}"
    public = [name for name in names if not name.startswith("_")]
    return Description(headline, [*doc_lines(module), f"has: {listing(public, _MAX_NAMES)}"])


def _name(function: object) -> str:
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", "")
    return clip(str(name), 80)


def _signature(function: Any, view: View) -> str:
    """Write a signature; its defaults are values, so below ``sample`` only that there are some."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some builtins have none
        return "(…)"
    parameters = [
        parameter
        if parameter.default is inspect.Parameter.empty
        else parameter.replace(
            default=_Default(short_repr(parameter.default, 40) if view.sample else "…")
        )
        for parameter in signature.parameters.values()
    ]
    return clip(str(signature.replace(parameters=parameters)), 400)


def doc_lines(value: object) -> list[str]:
    """Return the first lines of a docstring, those its author wrote."""
    static = inspect.getattr_static(value, "__doc__", None)
    doc = static if isinstance(static, str) else _native_doc(value)
    # A dataclass without one is given its signature, defaults and all.
    if not doc or (issubclass(type(value), type) and doc.startswith(f"{_name(value)}(")):
        return []
    lines = [line.strip() for line in inspect.cleandoc(doc).splitlines()]
    lines = lines[: lines.index("")] if "" in lines else lines
    return [clip(line, 200) for line in lines[:_MAX_DOC_LINES]]


def _native_doc(value: object) -> str | None:
    """Read the docstring of a function or a builtin class, where it is no plain attribute."""
    if not issubclass(type(value), (type, *_FUNCTIONS)):
        return None
    doc = getattr(value, "__doc__", None)
    return doc if isinstance(doc, str) else None


def public_methods(cls: type) -> list[str]:
    """List the public methods (``name()``) and properties of a class and its bases."""
    found: dict[str, str] = {}
    for base in cls.__mro__:
        if base is object:
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or name in found:
                continue
            called = issubclass(type(member), (*_FUNCTIONS, classmethod, staticmethod))
            found[name] = f"{name}()" if called else name
    return list(found.values())
