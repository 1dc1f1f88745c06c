"""Any other object, by its class and stored attributes, without running its code."""

from __future__ import annotations

import contextlib
import sys
import types
from typing import Any

from graph_agent.summaries.callables import doc_lines, public_methods
from graph_agent.summaries.parts import (
    Description,
    View,
    join_first,
    quantity,
    short_repr,
    type_name,
)

_MAX_ATTRIBUTES = 20
_MAX_METHODS = 25


def describe_object(value: object, view: View) -> Description:
    """Describe an object by class, docstring, stored attributes and methods."""
    headline = type_name(value)
    kind = type(value)
    if hasattr(kind, "__next__") or issubclass(kind, types.AsyncGeneratorType):
        headline += ", an iterator (not consumed)"
    if view.depth >= 2:
        return Description(headline, [])
    attributes = _stored(value)
    lines = doc_lines(kind) if view.depth == 0 else []
    if _is_estimator(kind):
        lines.extend(_estimator_lines(value, attributes, view))
    else:
        lines.extend(_attribute_lines(attributes, view))
    if view.depth == 0:
        own = kind.__module__ != "builtins"
        methods = [name for name in public_methods(kind) if name not in attributes]
        if own and methods:
            lines.append(f"members: {join_first(methods, _MAX_METHODS)}")
        if view.sample and kind.__repr__ is not object.__repr__:
            lines.append(f"repr: {short_repr(value, 200)}")
    return Description(headline, lines)


def _stored(value: object) -> dict[str, object]:
    """Read public attributes from ``__dict__`` and slots, without calling properties."""
    found: dict[str, object] = {}
    with contextlib.suppress(AttributeError, TypeError):  # it has only slots, or is builtin
        found.update(object.__getattribute__(value, "__dict__"))
    for cls in type(value).__mro__:
        for name, member in vars(cls).items():
            if type(member) is types.MemberDescriptorType and cls.__module__ != "builtins":
                try:
                    found.setdefault(name, member.__get__(value))
                except AttributeError:
                    continue  # an empty slot
    return {name: item for name, item in found.items() if not str(name).startswith("_")}


def _attribute_lines(attributes: dict[str, object], view: View) -> list[str]:
    shown = list(attributes.items())[:_MAX_ATTRIBUTES]
    lines = [f".{name}: {view.inside(item).headline}" for name, item in shown]
    rest = len(attributes) - len(shown)
    return [*lines, f"… {quantity(rest, 'more attribute')}"] if rest else lines


def _is_estimator(kind: type) -> bool:
    if "sklearn" not in sys.modules:
        return False
    from sklearn.base import BaseEstimator

    return issubclass(kind, BaseEstimator)


def _estimator_lines(value: Any, attributes: dict[str, object], view: View) -> list[str]:
    """Describe a scikit-learn estimator by its parameters and fitted attributes."""
    params = value.get_params(deep=False)
    if view.sample:
        shown = [f"{name}={short_repr(item, 40)}" for name, item in params.items()]
    else:
        shown = list(params)
    # scikit-learn's fitted attributes end in an underscore.
    fitted = [name for name in attributes if name.endswith("_")]
    lines = [f"parameters: {join_first(shown, 40)}"]
    if not fitted:
        return [*lines, "not fitted"]
    lines.append(f"fitted: {join_first(fitted, _MAX_ATTRIBUTES)}")
    if "n_features_in_" in attributes:
        lines.append(f"n_features_in_: {short_repr(attributes['n_features_in_'])}")
    for name in ("classes_", "feature_names_in_"):
        if view.sample and name in attributes:
            listed = list(getattr(attributes[name], "flat", ()))[:10]
            lines.append(f"{name}: {short_repr(listed, 200)}")
    return lines
