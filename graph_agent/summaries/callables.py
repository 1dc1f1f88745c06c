"""Functions, classes and modules: how to call them, not what they contain."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from graph_agent.summaries.parts import (
    Description,
    View,
    class_name,
    join_first,
    short_repr,
    truncate,
    type_name,
)

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
    """A default value in a signature, with a repr of our choice."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def describe_callable(value: object, view: View) -> Description | None:
    """Describe a function, class or module; return None for anything else."""
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
    bound = join_first([f"{len(value.args)} positional", *value.keywords], 10)
    headline = f"functools.partial of {_name(value.func)}, call as {_signature(value, view)}"
    return Description(headline, [f"bound arguments: {bound}", *doc_lines(value.func)])


def _describe_class(cls: Any, view: View) -> Description:
    bases = [class_name(base) for base in cls.__bases__ if base is not object]
    derived = f" (subclass of {join_first(bases, 4)})" if bases else ""
    lines = doc_lines(cls)
    if methods := public_methods(cls):
        lines.append(f"members: {join_first(methods, _MAX_NAMES)}")
    return Description(f"class {class_name(cls)}{_signature(cls, view)}{derived}", lines)


def _describe_module(module: Any) -> Description:
    # Not by getattr, because a module's __getattr__ may import whole packages.
    names = vars(module)
    version = names.get("__version__")
    headline = f"module {names.get('__name__')}"
    if isinstance(version, str):
        headline += f" {truncate(version, 30)}"
    public = [name for name in names if not name.startswith("_")]
    return Description(headline, [*doc_lines(module), f"members: {join_first(public, _MAX_NAMES)}"])


def _name(function: object) -> str:
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", "")
    return truncate(str(name), 80)


def _signature(function: Any, view: View) -> str:
    """Write a signature; defaults are values, so they are shown at ``sample`` only."""
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
    return truncate(str(signature.replace(parameters=parameters)), 400)


def doc_lines(value: object) -> list[str]:
    """Return the first lines of a docstring that a person wrote."""
    static = inspect.getattr_static(value, "__doc__", None)
    doc = static if isinstance(static, str) else _native_doc(value)
    # The generated docstring of a dataclass is its signature, with default values.
    if not doc or (issubclass(type(value), type) and doc.startswith(f"{_name(value)}(")):
        return []
    lines = [line.strip() for line in inspect.cleandoc(doc).splitlines()]
    lines = lines[: lines.index("")] if "" in lines else lines
    return [truncate(line, 200) for line in lines[:_MAX_DOC_LINES]]


def _native_doc(value: object) -> str | None:
    """Read the docstring of a function or builtin class, where it isn't a plain attribute."""
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
