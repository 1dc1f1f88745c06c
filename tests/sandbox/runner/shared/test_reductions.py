"""What cloudpickle cannot pickle goes through our reductions."""

from __future__ import annotations

import dataclasses
import functools
import io
import pickle
import types
import typing
import weakref
from typing import Any

import cloudpickle

from sandbox.runner.shared.reductions import NAMED_REDUCERS, REDUCERS, is_importable

Identifier = typing.NewType("Identifier", int)


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """Reduces as both ends do."""

    def reducer_override(self, obj: Any) -> Any:
        reduce = (REDUCERS | NAMED_REDUCERS).get(type(obj), super().reducer_override)
        return reduce(obj)


def copied(value: Any) -> Any:
    """Pickle and load a value with our reductions."""
    stream = io.BytesIO()
    Pickler(stream).dump(value)
    return pickle.loads(stream.getvalue())


def test_values_keep_their_type_and_content() -> None:
    assert copied(types.MappingProxyType({"a": 1})) == {"a": 1}
    assert copied(dataclasses.MISSING) is dataclasses.MISSING
    assert len(copied(weakref.WeakSet())) == 0
    parameters = typing.ParamSpec("parameters")
    assert copied(parameters).__name__ == "parameters"


def test_a_cached_function_keeps_its_limit_but_not_its_cache() -> None:
    cached = functools.lru_cache(maxsize=3)(lambda number: number + 1)
    cached(1)
    copy = copied(cached)
    assert copy(1) == 2
    assert copy.cache_parameters() == {"maxsize": 3, "typed": False}
    assert copy.cache_info().hits == 0


def test_importable() -> None:
    assert is_importable(copied)
    assert is_importable(Identifier)
    assert not is_importable(functools.lru_cache(lambda: 1))
